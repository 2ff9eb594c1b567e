package io.chom.recovery;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How the panel copies itself.
 *
 * @param directory where to; none is made by itself while this is empty
 * @param every how often
 * @param keep how many stay there
 * @param passphrase what opens them
 * @param passphraseFile a file that holds it, instead
 */
@Validated
@ConfigurationProperties("chom.panel-backup")
record PanelBackupProperties(@DefaultValue("") String directory, @DefaultValue("1d") Duration every,
    @DefaultValue("14") @Min(1) @Max(1000) int keep, @DefaultValue("") String passphrase,
    @DefaultValue("") String passphraseFile) {

  boolean enabled() {
    return !directory.isBlank();
  }

  @Override
  public String toString() {
    return "PanelBackupProperties[" + directory + ", " + every + ", " + keep + "]";
  }
}
