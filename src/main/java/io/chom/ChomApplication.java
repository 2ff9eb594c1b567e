package io.chom;

import io.chom.launch.Launch;
import java.time.Clock;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Starts the panel, or answers a word on the command line. */
@SpringBootApplication
public class ChomApplication {

  /** The one clock: code asks it for the time, and tests turn it. */
  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  public static void main(String[] args) {
    Launch.main(ChomApplication.class, args);
  }
}
