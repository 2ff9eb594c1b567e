package io.chom.accounts;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.AccountRefused.Reason;
import java.util.Locale;
import java.util.ResourceBundle;
import org.junit.jupiter.api.Test;

class AccountRefusedTest {
  @Test
  void everyRefusalHasASentenceInEachLanguage() {
    for (var language : new Locale[]{Locale.ROOT, Locale.GERMAN}) {
      var sentences = ResourceBundle.getBundle("messages", language,
          ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES));
      assertThat(sentences.getLocale()).isEqualTo(language);
      for (var reason : Reason.values()) {
        assertThat(sentences.getString(new AccountRefused(reason, "x").messageKey())).endsWith(".");
      }
    }
  }
}
