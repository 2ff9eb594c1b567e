package io.chom;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts the panel. */
@SpringBootApplication
public class ChomApplication {

  public static void main(String[] args) {
    SpringApplication.run(ChomApplication.class, args);
  }
}
