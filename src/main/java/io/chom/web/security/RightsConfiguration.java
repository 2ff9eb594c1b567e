package io.chom.web.security;

import java.util.List;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Puts the rights before every controller. */
@Configuration(proxyBeanMethods = false)
class RightsConfiguration implements WebMvcConfigurer {
  private final RightsInterceptor rights;
  private final CallerParameter caller;

  RightsConfiguration(RightsInterceptor rights, CallerParameter caller) {
    this.rights = rights;
    this.caller = caller;
  }

  @Override
  public void addInterceptors(InterceptorRegistry registry) {
    registry.addInterceptor(rights).order(Ordered.HIGHEST_PRECEDENCE);
  }

  @Override
  public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
    resolvers.add(caller);
  }
}
