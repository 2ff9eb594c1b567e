package io.chom;

import io.chom.launch.Launch;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts the panel, or answers a word on the command line. */
@SpringBootApplication
public class ChomApplication {

  public static void main(String[] args) {
    Launch.main(ChomApplication.class, args);
  }
}
