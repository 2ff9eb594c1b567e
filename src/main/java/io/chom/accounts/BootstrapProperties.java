package io.chom.accounts;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The first operator of an unattended installation; empty means none.
 *
 * @param operatorEmail made with {@code operatorPassword} unless somebody has it already
 * @param token an API token of that operator's, chosen by whoever installs
 */
@ConfigurationProperties("chom.bootstrap")
record BootstrapProperties(@DefaultValue("") String operatorEmail, @DefaultValue("") String operatorPassword,
    @DefaultValue("") String token) {
  @Override
  public String toString() {
    return "BootstrapProperties[" + operatorEmail + "]";
  }
}
