package io.chom.secrets;

import java.util.Base64;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The key under which everything secret is sealed.
 *
 * @param masterKey 32 bytes in Base64, {@code CHOM_MASTER_KEY}; made by {@code openssl rand -base64 32}
 */
@ConfigurationProperties("chom")
record SecretsProperties(@DefaultValue("") String masterKey) {
  private static final int KEY_BYTES = 32;

  byte[] keyBytes() {
    byte[] key;
    try {
      key = Base64.getDecoder().decode(masterKey.strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException("CHOM_MASTER_KEY is not Base64. Make one: openssl rand -base64 32", e);
    }
    if (key.length != KEY_BYTES) {
      throw new IllegalStateException("CHOM_MASTER_KEY must be 32 bytes in Base64, but holds " + key.length
          + ". Make one: openssl rand -base64 32");
    }
    return key;
  }

  /** Never the key. */
  @Override
  public String toString() {
    return "SecretsProperties[masterKey=***]";
  }
}
