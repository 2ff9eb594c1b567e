package io.chom.jobs;

import java.time.Duration;

/**
 * How many operations run at once by all nodes together.
 *
 * @param perServer on one server
 * @param perTenant of one tenant, those not counted whose server is silent
 * @param patience how long a clock's operation lets people's go before it; after that it counts like one of theirs
 */
record Limits(int perServer, int perTenant, Duration patience) {}
