package io.chom.sites;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** One handler for a site's first certificate, one for each that follows. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AcmeProperties.class)
class CertificateConfiguration {
  @Bean
  GetCertificate issueCertificate(SiteWork work, Certificates certificates, CertificateRows rows) {
    return GetCertificate.first(work, certificates, rows);
  }

  @Bean
  GetCertificate renewCertificate(SiteWork work, Certificates certificates, CertificateRows rows) {
    return GetCertificate.renewed(work, certificates, rows);
  }
}
