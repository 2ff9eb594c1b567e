package io.chom.backups;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({BackupsProperties.class, DownloadsProperties.class})
class BackupsConfiguration {}
