package io.chom.ssh;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Puts the room together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SshProperties.class)
class SshConfiguration {

  @Bean
  Watch sshWatch() {
    return new Watch();
  }

  @Bean
  SshLibrary sshLibrary(SshProperties properties, Watch watch) {
    return new SshjLibrary(properties, watch);
  }

  @Bean
  SshPool sshPool(SshProperties properties, SshLibrary library, Watch watch, MeterRegistry registry,
      ObjectProvider<Clock> clock) {
    return new ConnectionPool(properties, library, new PoolMetrics(registry), watch,
        clock.getIfAvailable(Clock::systemUTC));
  }

  @Bean
  SshDirect sshDirect(SshLibrary library, SshProperties properties) {
    return new DirectLogins(library, properties);
  }
}
