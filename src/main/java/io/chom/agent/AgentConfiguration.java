package io.chom.agent;

import io.chom.ssh.SshPool;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Puts the room together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AgentProperties.class)
class AgentConfiguration {

  @Bean
  Agent agent(SshPool pool, AgentProperties properties, MeterRegistry registry) {
    return new GatewayAgent(new Gateways(pool, properties), properties, registry);
  }
}
