package io.chom.api;

import org.springframework.boot.http.converter.autoconfigure.ServerHttpMessageConvertersCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.converter.json.JacksonJsonHttpMessageConverter;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Refuses a field nobody reads: a misspelt one would otherwise be ignored, and the caller would believe it was heeded.
 * Only for requests; what servers and the database say may grow fields.
 */
@Configuration(proxyBeanMethods = false)
class StrictJson {
  @Bean
  ServerHttpMessageConvertersCustomizer strictRequests(JsonMapper json) {
    var strict = json.rebuild().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
    return converters -> converters.withJsonConverter(new JacksonJsonHttpMessageConverter(strict));
  }
}
