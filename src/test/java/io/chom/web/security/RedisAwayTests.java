package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.testing.Browser;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.builder.SpringApplicationBuilder;
import redis.embedded.RedisServer;

@ExtendWith(RealServices.class)
class RedisAwayTests {
  @Test
  void aLoginWithoutRedisGetsAPageThatSaysWhenToTryAgain() throws Exception {
    int redisPort;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      redisPort = socket.getLocalPort();
    }
    var redis = RedisServer.builder().port(redisPort).setting("bind 127.0.0.1").setting("save \"\"").build();
    redis.start();
    try (var panel = new SpringApplicationBuilder(ChomApplication.class).run("--server.port=0",
        "--spring.data.redis.url=redis://127.0.0.1:" + redisPort, "--spring.data.redis.timeout=500ms")) {
      var port = panel.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
      var acme = Tenants.acme().admin();
      assertThat(Browser.of(acme, port).get("/").status()).isNotEqualTo(503);
      redis.stop();
      var answer = new Browser(port).with("Accept", "text/html").signIn(acme.email(), Tenants.PASSWORD);
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.header("retry-after")).isNotEmpty();
      assertThat(answer.body()).contains("<h1>").doesNotContain("Exception").doesNotContain("at io.chom");
      assertThat(new Browser(port).get("/login").status()).isEqualTo(503);
    }
  }
}
