package io.chom.promql;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Which Prometheus is asked, and how much.
 *
 * @param url its address, a login may be in it; empty where there is none
 * @param deadline for all questions of a batch together
 * @param bytes the most of one answer
 * @param series the most curves of one answer
 * @param points the most points of all curves of one answer
 * @param atOnce how many questions of this node are under way together
 */
@Validated
@ConfigurationProperties("chom.prometheus")
record PrometheusProperties(@DefaultValue("") String url, @DefaultValue("5s") Duration deadline,
    @DefaultValue("8388608") @Min(1_000) int bytes, @DefaultValue("500") @Min(1) int series,
    @DefaultValue("200000") @Min(1) int points, @DefaultValue("16") @Min(1) @Max(200) int atOnce) {

  // the address may have a password in it
  @Override
  public String toString() {
    return "PrometheusProperties[" + (url.isBlank() ? "none" : "set") + ", " + deadline + "]";
  }
}
