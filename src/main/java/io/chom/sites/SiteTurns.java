package io.chom.sites;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** One handler for each direction. */
@Configuration(proxyBeanMethods = false)
class SiteTurns {

  @Bean
  TurnSite disableSite(SiteWork work) {
    return TurnSite.off(work);
  }

  @Bean
  TurnSite enableSite(SiteWork work) {
    return TurnSite.on(work);
  }
}
