package io.chom.web;

import io.chom.testing.LargeDatabase;
import io.chom.testing.QueryPlans;
import io.chom.testing.RealServices;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** With as much as is quickly there; {@link QueryPlansAcceptanceIT} is the same on the size CHOM is made for. */
@ExtendWith(RealServices.class)
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT, properties = "chom.worker.enabled=false")
class QueryPlansTests extends QueryPlans {
  @DynamicPropertySource
  static void large(DynamicPropertyRegistry properties) {
    start(properties, new LargeDatabase.Size(40, 300, 10));
  }
}
