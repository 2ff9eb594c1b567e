package io.chom.promql;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Configuration;

@Configuration
@EnableConfigurationProperties(PrometheusProperties.class)
class PrometheusConfiguration {}
