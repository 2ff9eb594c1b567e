package io.chom.servers;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/** Signs what servers run, with the key they were told of at enrolment. */
final class AgentSigner {
  private static final String ALGORITHM = "Ed25519";
  private final PrivateKey privateKey;
  private final String publicKey;

  private AgentSigner(PrivateKey privateKey, String publicKey) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /**
   * A new key as text.
   *
   * @param privateKey PKCS#8 in base64: seal it before storing it
   * @param publicKey PEM
   */
  record Pair(String privateKey, String publicKey) {
    @Override
    public String toString() {
      return "Pair[" + publicKey + "]";
    }
  }

  static Pair generate() {
    try {
      var pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
      var base64 = Base64.getEncoder();
      return new Pair(base64.encodeToString(pair.getPrivate().getEncoded()), "-----BEGIN PUBLIC KEY-----\n"
          + base64.encodeToString(pair.getPublic().getEncoded()) + "\n-----END PUBLIC KEY-----");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java has Ed25519", e);
    }
  }

  static AgentSigner of(Pair pair) {
    try {
      var encoded = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pair.privateKey()));
      return new AgentSigner(KeyFactory.getInstance(ALGORITHM).generatePrivate(encoded), pair.publicKey());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("The agent's signing key in the database cannot be read", e);
    }
  }

  byte[] sign(byte[] text) {
    try {
      var signature = Signature.getInstance(ALGORITHM);
      signature.initSign(privateKey);
      signature.update(text);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot sign", e);
    }
  }

  String publicKey() {
    return publicKey;
  }
}
