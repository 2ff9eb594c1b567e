package io.chom.notifications;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a webhook's bodies are signed with.
 *
 * @see <a href="https://www.standardwebhooks.com">Standard Webhooks</a>
 */
record WebhookSecret(String text) {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String PREFIX = "whsec_";
  private static final int BYTES = 32;

  static WebhookSecret fresh() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return new WebhookSecret(PREFIX + Base64.getEncoder().encodeToString(bytes));
  }

  /** As the header {@code webhook-signature} has it. */
  String sign(String id, long timestamp, byte[] body) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(Base64.getDecoder().decode(text.substring(PREFIX.length())), "HmacSHA256"));
      mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
      return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has HmacSHA256", e);
    }
  }

  @Override
  public String toString() {
    return "WebhookSecret";
  }
}
