package io.chom.tenancy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The database roles' passwords, made from the master key: the same on every node, and stored nowhere. */
public final class RolePasswords {
  private RolePasswords() {}

  /** @param masterKey as in CHOM_MASTER_KEY, base64 */
  public static String of(String masterKey, String role) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(Base64.getDecoder().decode(masterKey.strip()), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(("chom database role " + role).getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new BadDatabaseSetting("CHOM_MASTER_KEY cannot be used: it is the base64 form of 32 random bytes."
          + " Make one with: openssl rand -base64 32", e);
    }
  }
}
