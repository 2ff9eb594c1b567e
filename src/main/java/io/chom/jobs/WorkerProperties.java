package io.chom.jobs;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How this node takes operations off the queue.
 *
 * @param enabled whether this node carries out operations at all
 * @param perNode operations carried out at once by this node
 * @param perServer operations carried out at once on one server, by all nodes together
 * @param perTenant operations of one tenant carried out at once, by all nodes together
 * @param patience how long a clock's operation waits behind people's at most before it counts like one of theirs
 * @param lease how long an operation stays with a node that has stopped renewing it; a third of it passes between
 *        renewals
 * @param sweep how often the table is looked at although no bell rang
 */
@Validated
@ConfigurationProperties("chom.worker")
record WorkerProperties(@DefaultValue("true") boolean enabled, @DefaultValue("32") @Min(1) @Max(1_000) int perNode,
    @DefaultValue("2") @Min(1) @Max(64) int perServer,
    @DefaultValue("24") @Min(1) @Max(1_000) int perTenant, @DefaultValue("5m") Duration patience,
    @DefaultValue("15s") Duration lease,
    @DefaultValue("1s") Duration sweep) {

  Limits limits() {
    return new Limits(perServer, perTenant, patience);
  }
}
