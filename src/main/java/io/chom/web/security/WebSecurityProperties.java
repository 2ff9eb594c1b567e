package io.chom.web.security;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How the panel is reached.
 *
 * @param baseUrl the address people type; with https, cookies and browsers insist on it
 * @param trustedProxies addresses or networks (10.0.0.0/8) whose X-Forwarded headers are believed; nobody's by default
 * @param loginsPerMinute attempts to sign in, for an address and for an account
 * @param debugHeaders whether every answer says what it cost (CHOM_DEBUG_HEADERS); for development
 * @param slowRequest what takes longer is named in the log
 */
@Validated
@ConfigurationProperties("chom")
record WebSecurityProperties(@DefaultValue("http://127.0.0.1:8080") URI baseUrl,
    @DefaultValue List<String> trustedProxies, @DefaultValue("5") @Min(1) @Max(1000) int loginsPerMinute,
    @DefaultValue("false") boolean debugHeaders, @DefaultValue("1s") Duration slowRequest) {

  boolean https() {
    return "https".equals(baseUrl.getScheme());
  }
}
