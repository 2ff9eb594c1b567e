package io.chom.web.security;

import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.session.Session;
import org.springframework.session.SessionRepository;
import org.springframework.session.config.annotation.web.http.EnableSpringHttpSession;
import org.springframework.session.data.redis.RedisSessionRepository;
import org.springframework.session.web.http.CookieSerializer;
import org.springframework.session.web.http.DefaultCookieSerializer;

/** Sessions in Redis, so that they survive a restart and hold on every node; with copies for when it is away. */
@Configuration(proxyBeanMethods = false)
@EnableSpringHttpSession
class SessionConfiguration {
  private static final String NAMESPACE = "chom:session";

  @Bean
  NearSessions<? extends Session> sessionRepository(RedisConnectionFactory redis,
      @Value("${spring.session.timeout}") Duration idle) {
    var common = new RedisSessionRepository(operations(redis));
    common.setRedisKeyNamespace(NAMESPACE);
    common.setDefaultMaxInactiveInterval(idle);
    return near(common, redis, idle);
  }

  /** Gives the library's hidden type of sessions a name. */
  private static <S extends Session> NearSessions<S> near(SessionRepository<S> common, RedisConnectionFactory redis,
      Duration idle) {
    return new NearSessions<>(common, new Reachability(() -> ping(redis)), idle);
  }

  private static RedisTemplate<String, Object> operations(RedisConnectionFactory redis) {
    var operations = new RedisTemplate<String, Object>();
    operations.setKeySerializer(RedisSerializer.string());
    operations.setHashKeySerializer(RedisSerializer.string());
    operations.setDefaultSerializer(new SessionValues());
    operations.setConnectionFactory(redis);
    operations.afterPropertiesSet();
    return operations;
  }

  private static void ping(RedisConnectionFactory redis) {
    try (var connection = redis.getConnection()) {
      connection.ping();
    }
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
