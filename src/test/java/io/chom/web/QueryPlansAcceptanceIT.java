package io.chom.web;

import io.chom.testing.LargeDatabase;
import io.chom.testing.QueryPlans;
import io.chom.testing.RealServices;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** A thousand tenants with a thousand sites each, and ten backups of each: 10 GB of disk, and minutes to fill. */
@Tag("acceptance")
@ExtendWith(RealServices.class)
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT, properties = "chom.worker.enabled=false")
class QueryPlansAcceptanceIT extends QueryPlans {
  @DynamicPropertySource
  static void large(DynamicPropertyRegistry properties) {
    start(properties, new LargeDatabase.Size(1000, 1000, 10));
  }
}
