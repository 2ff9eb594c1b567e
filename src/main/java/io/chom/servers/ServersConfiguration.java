package io.chom.servers;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Configuration;

@Configuration
@EnableConfigurationProperties({ServersProperties.class, StatsProperties.class})
class ServersConfiguration {}
