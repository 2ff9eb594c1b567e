package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class ForwardedHeadersFilterTests {
  private static HttpServletRequest seen(String proxies, String peer, String forwardedFor) throws Exception {
    var settings = new WebSecurityProperties(URI.create("http://localhost"), List.of(proxies.split(",")), 5, false,
        Duration.ofSeconds(1));
    var request = new MockHttpServletRequest("GET", "/");
    request.setRemoteAddr(peer);
    request.addHeader("X-Forwarded-For", forwardedFor);
    request.addHeader("X-Forwarded-Proto", "https");
    request.addHeader("X-Forwarded-Host", "evil.example");
    request.addHeader("Forwarded", "for=1.2.3.4;host=evil.example");
    request.addHeader("CF-Connecting-IP", "1.2.3.4");
    var chain = new MockFilterChain();
    new ForwardedHeadersFilter(new TrustedProxies(settings)).doFilter(request, new MockHttpServletResponse(), chain);
    return (HttpServletRequest) chain.getRequest();
  }

  @Test
  void aStrangersHeadersAreIgnored() throws Exception {
    var request = seen("10.0.0.0/8", "203.0.113.9", "1.2.3.4");
    assertThat(request.getRemoteAddr()).isEqualTo("203.0.113.9");
    assertThat(request.isSecure()).isFalse();
    assertThat(seen("", "127.0.0.1", "1.2.3.4").getRemoteAddr()).as("nobody is trusted by default")
        .isEqualTo("127.0.0.1");
  }

  @Test
  void aProxysWordIsTakenForTheLastHopThatIsNotAProxy() throws Exception {
    assertThat(seen("10.0.0.0/8,127.0.0.1", "10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2").getRemoteAddr())
        .isEqualTo("203.0.113.9");
    assertThat(seen("127.0.0.1", "127.0.0.1", "2001:db8::1").getRemoteAddr()).isEqualTo("2001:db8::1");
    assertThat(seen("127.0.0.1", "127.0.0.1", "203.0.113.9").isSecure()).isTrue();
  }

  @Test
  void whatIsNoAddressIsNotOne() throws Exception {
    for (var text : List.of("", "localhost", "unknown", "1.2.3.4, <script>", "203.0.113.9:80, x")) {
      assertThat(seen("127.0.0.1", "127.0.0.1", text).getRemoteAddr()).isEqualTo("127.0.0.1");
    }
  }

  @Test
  void nothingBehindSeesTheHeaders() throws Exception {
    var request = seen("127.0.0.1", "127.0.0.1", "203.0.113.9");
    for (var name : List.of("X-Forwarded-Host", "x-forwarded-for", "Forwarded", "CF-Connecting-IP")) {
      assertThat(request.getHeader(name)).isNull();
      assertThat(request.getHeaders(name).hasMoreElements()).isFalse();
    }
    assertThat(request.getServerName()).isEqualTo("localhost");
  }

  @Test
  void aProxyThatIsNoAddressIsRefusedByName() {
    assertThatThrownBy(() -> seen("proxy.internal", "127.0.0.1", "")).hasMessageContaining("CHOM_TRUSTED_PROXIES");
  }
}
