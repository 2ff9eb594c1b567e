package io.chom.backups;

import io.chom.secrets.SecretBox;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.ObjectMapper;

/**
 * What opens places for backups, sealed for the row it stands in. It is opened for the work on a server and for nothing
 * else: no page, answer, log or operation has it.
 */
@Component
class TargetSecrets {
  /** Of the small repository that a check writes beside those of the sites. */
  static final String CHECK_KEY = "key";
  static final String SFTP_KEY = "sftp_key";

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int KEY_BYTES = 32;

  private final SecretBox box;
  private final ObjectMapper json;

  TargetSecrets(SecretBox box, ObjectMapper json) {
    this.box = box;
    this.json = json;
  }

  static String newKey() {
    var bytes = new byte[KEY_BYTES];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  String seal(UUID target, Map<String, String> secrets) {
    return box.seal(json.writeValueAsString(secrets), context(target));
  }

  Map<String, String> open(UUID target, String sealed) {
    return json.readValue(box.open(sealed, context(target)), new TypeReference<Map<String, String>>() {
    });
  }

  /** What it takes to get in, without what only checks need. */
  Map<String, String> toGetIn(UUID target, String sealed) {
    var secrets = new HashMap<>(open(target, sealed));
    secrets.remove(CHECK_KEY);
    return secrets;
  }

  private static String context(UUID target) {
    return "backup-target:" + target;
  }
}
