package io.chom.web.security;

import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.session.config.annotation.web.http.EnableSpringHttpSession;
import org.springframework.session.web.http.CookieSerializer;
import org.springframework.session.web.http.DefaultCookieSerializer;

/** Sessions in Redis, so that they survive a restart and hold on every node; with copies for when it is away. */
@Configuration(proxyBeanMethods = false)
@EnableSpringHttpSession
class SessionConfiguration {
  @Bean
  NearSessions sessionRepository(RedisConnectionFactory redis, Reachability reach,
      @Value("${spring.session.timeout}") Duration idle) {
    return new NearSessions(new RedisSessions(redis, idle), reach, idle);
  }

  @Bean
  CookieSerializer sessionCookie(WebSecurityProperties settings) {
    var cookie = new DefaultCookieSerializer();
    // __Host-: browsers refuse it from a neighbouring host name, where customers' sites may live
    cookie.setCookieName(settings.https() ? "__Host-chom-session" : "chom-session");
    cookie.setUseSecureCookie(settings.https());
    cookie.setUseHttpOnlyCookie(true);
    cookie.setSameSite("Lax");
    cookie.setCookiePath("/");
    return cookie;
  }
}
