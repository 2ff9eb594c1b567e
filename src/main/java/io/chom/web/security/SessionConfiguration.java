package io.chom.web.security;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.session.web.http.CookieSerializer;
import org.springframework.session.web.http.DefaultCookieSerializer;

/** Sessions in Redis, so that they survive a restart and hold on every node. */
@Configuration(proxyBeanMethods = false)
class SessionConfiguration {

  @Bean
  RedisSerializer<Object> springSessionDefaultRedisSerializer() {
    return new SessionValues();
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
