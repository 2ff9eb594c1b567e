package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.servers.AgentUpgrades;
import io.chom.servers.Decommissioning;
import io.chom.servers.Drift;
import io.chom.servers.DriftReport;
import io.chom.servers.KeyRotation;
import io.chom.servers.Maintenance;
import io.chom.servers.ServerId;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Looking after servers themselves, for operators. */
@Tag(name = "Servers")
@RestController
@RequestMapping("/api/v1/servers")
@Requires(Permission.FLEET_WRITE)
class ServerCareApi {
  private final Maintenance maintenance;
  private final Decommissioning decommissioning;
  private final KeyRotation keys;
  private final AgentUpgrades upgrades;
  private final Drift drift;

  ServerCareApi(Maintenance maintenance, Decommissioning decommissioning, KeyRotation keys, AgentUpgrades upgrades,
      Drift drift) {
    this.maintenance = maintenance;
    this.decommissioning = decommissioning;
    this.keys = keys;
    this.upgrades = upgrades;
    this.drift = drift;
  }

  record NewMaintenance(@NotBlank @Size(max = 200) String reason, @Nullable Instant until) {}

  record NewDecommission(@NotBlank @Size(max = 100) String name, @Nullable Boolean gone,
      @Nullable Boolean removeAgent) {}

  record DifferenceBody(String kind, String thing, String name, @Nullable String expected, @Nullable String found) {}

  /** @param fault the layer at which the last comparison failed; the differences are those of the one before */
  record DriftBody(List<DifferenceBody> differences, @Nullable Instant comparedAt, @Nullable String fault) {
    static DriftBody of(DriftReport report) {
      return new DriftBody(report.differences().stream().map(one -> new DifferenceBody(one.kind().name(),
          one.thing().name(), one.name(), one.expected(), one.found())).toList(), report.at(),
          report.fault() == null ? null : report.fault().name());
    }
  }

  @Operation(summary = "Take a server out of service", description = "Nothing new begins there; what runs finishes. Tenants read the reason.")
  @PostMapping("/{id}/maintenance")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void maintain(@PathVariable UUID id, @RequestBody @Valid NewMaintenance wanted, Caller caller) {
    maintenance.begin(new ServerId(id), wanted.reason(), wanted.until(), caller.actor());
  }

  @Operation(summary = "Put a server back into service")
  @DeleteMapping("/{id}/maintenance")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void endMaintenance(@PathVariable UUID id, Caller caller) {
    maintenance.end(new ServerId(id), caller.actor());
  }

  @Operation(summary = "Let a server leave the fleet", description = "Send its name. With gone, nobody goes to the machine.")
  @PostMapping("/{id}/decommission")
  ResponseEntity<Accepted> decommission(@PathVariable UUID id, @RequestBody @Valid NewDecommission wanted,
      Caller caller) {
    return Accepted.of(id, decommissioning.request(new ServerId(id), wanted.name(), Boolean.TRUE.equals(wanted.gone()),
        Boolean.TRUE.equals(wanted.removeAgent()), caller.actor()));
  }

  @Operation(summary = "Exchange the key by which the panel logs in")
  @PostMapping("/{id}/rotate-key")
  ResponseEntity<Accepted> rotateKey(@PathVariable UUID id, Caller caller) {
    return Accepted.of(id, keys.request(new ServerId(id), caller.actor()));
  }

  @Operation(summary = "Bring a server's agent to the version this panel ships")
  @PostMapping("/{id}/upgrade")
  ResponseEntity<Accepted> upgrade(@PathVariable UUID id, Caller caller) {
    return Accepted.of(id, upgrades.request(new ServerId(id), caller.actor()));
  }

  @Operation(summary = "Upgrade the agents of all servers, one by one", description = "Answers the first operation. After one that fails no further one is begun.")
  @PostMapping("/upgrade")
  ResponseEntity<Accepted> upgradeAll(Caller caller) {
    var first = upgrades.requestAll(caller.actor());
    return Accepted.of(first.subject().id(), first);
  }

  @Operation(summary = "What on a server is not as the panel knows it")
  @GetMapping("/{id}/drift")
  @Requires(Permission.FLEET_READ)
  DriftBody drift(@PathVariable UUID id) {
    return DriftBody.of(drift.of(new ServerId(id)));
  }

  @Operation(summary = "Compare a server now")
  @PostMapping("/{id}/drift")
  @ResponseStatus(HttpStatus.ACCEPTED)
  void compare(@PathVariable UUID id, Caller caller) {
    drift.compareSoon(new ServerId(id), caller.actor());
  }
}
