package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.servers.EnrolmentId;
import io.chom.servers.EnrolmentLogin;
import io.chom.servers.EnrolmentView;
import io.chom.servers.Enrolments;
import io.chom.servers.MaintenanceNote;
import io.chom.servers.ScanRequest;
import io.chom.servers.Scanned;
import io.chom.servers.ServerFilter;
import io.chom.servers.ServerId;
import io.chom.servers.ServerStatus;
import io.chom.servers.ServerView;
import io.chom.servers.Servers;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/** The fleet, for operators. */
@Tag(name = "Servers")
@RestController
@RequestMapping("/api/v1")
class ServersApi {
  private static final int FORMER = 100;

  private final Servers servers;
  private final Enrolments enrolments;

  ServersApi(Servers servers, Enrolments enrolments) {
    this.servers = servers;
    this.enrolments = enrolments;
  }

  record ServerBody(UUID id, String name, String host, int port, String status, String hostKey,
      @Nullable String offeredHostKey, int sites, int capacitySites, @Nullable String agentVersion, @Nullable String os,
      List<String> phpVersions, @Nullable String failingLayer, @Nullable JsonNode health, @Nullable Instant healthAt,
      Instant createdAt, @Nullable MaintenanceBody maintenance, Instant keySince,
      @Nullable Integer protocol, @Nullable String agentRelease, boolean upgradeAvailable,
      @Nullable Instant decommissionedAt, List<String> leftBehind) {
    static ServerBody of(ServerView server) {
      return new ServerBody(server.id().value(), server.name(), server.host(), server.port(), server.status().name(),
          server.hostKey(), server.offeredHostKey(), server.sites(), server.capacitySites(), server.agentVersion(),
          server.os(), server.phpVersions(), server.failingLayer() == null ? null : server.failingLayer().name(),
          server.health(), server.healthAt(), server.createdAt(), MaintenanceBody.of(server.care().maintenance()),
          server.care().keySince(), server.protocol(), server.care().release(), server.care().upgradable(),
          server.care().decommissionedAt(),
          server.care().leftBehind());
    }
  }

  record MaintenanceBody(String reason, Instant since, @Nullable Instant until) {
    static @Nullable MaintenanceBody of(@Nullable MaintenanceNote note) {
      return note == null ? null : new MaintenanceBody(note.reason(), note.since(), note.until());
    }
  }

  record NewEnrolment(@NotBlank @Size(max = 300) String host, @Nullable Integer port) {}

  /** What a person compares with the server's own fingerprint before anything is trusted. */
  record EnrolmentBody(UUID id, String host, int port, String algorithm, String fingerprint, String status,
      @Nullable String errorCode, @Nullable UUID serverId, Instant expiresAt) {
    static EnrolmentBody of(EnrolmentView enrolment) {
      return new EnrolmentBody(enrolment.id().value(), enrolment.host(), enrolment.port(), enrolment.algorithm(),
          enrolment.fingerprint(), enrolment.status().name(), enrolment.errorCode(),
          enrolment.server() == null ? null : enrolment.server().value(), enrolment.expiresAt());
    }

    static EnrolmentBody of(Scanned scanned) {
      return new EnrolmentBody(scanned.id().value(), scanned.host(), scanned.port(), scanned.algorithm(),
          scanned.fingerprint(), "SCANNED", null, null, scanned.expiresAt());
    }
  }

  /** The login is used once and never stored. */
  record Approval(@NotBlank @Size(max = 200) String fingerprint, @NotBlank @Size(max = 100) String name,
      @NotBlank @Size(max = 64) String user, @Nullable String password, @Nullable String privateKey,
      @Nullable String passphrase, @Nullable String sudoPassword) {
    @Override
    public String toString() {
      return "Approval[" + name + "]";
    }
  }

  record Enrolled(UUID serverId) {}

  record HostKeyApproval(@NotNull @Size(max = 200) String fingerprint) {}

  @Operation(summary = "List servers by name", description = "With decommissioned, those that left the fleet, the last 100.")
  @GetMapping("/servers")
  @Requires(Permission.FLEET_READ)
  Page<ServerBody> list(@RequestParam(defaultValue = "false") boolean decommissioned,
      @RequestParam @Nullable String search, @RequestParam @Nullable ServerStatus status,
      @RequestParam @Nullable UUID before, @RequestParam(defaultValue = "100") int limit) {
    if (decommissioned) {
      return new Page<>(servers.former(FORMER).stream().map(ServerBody::of).toList(), null);
    }
    int size = Page.size(limit);
    var read = servers.page(new ServerFilter(search, status, before == null ? null : new ServerId(before), size + 1));
    return Page.of(read, size, server -> server.id().value(), ServerBody::of);
  }

  @Operation(summary = "One server")
  @GetMapping("/servers/{id}")
  @Requires(Permission.FLEET_READ)
  ServerBody get(@PathVariable UUID id) {
    return ServerBody.of(servers.get(new ServerId(id)));
  }

  @Operation(summary = "Install once more what sites need")
  @PostMapping("/servers/{id}/prepare")
  @ResponseStatus(HttpStatus.ACCEPTED)
  @Requires(Permission.FLEET_WRITE)
  void prepare(@PathVariable UUID id, Caller caller) {
    servers.prepare(new ServerId(id), caller.actor());
  }

  @Operation(summary = "Trust the host key a server shows now")
  @PostMapping("/servers/{id}/host-key")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  @Requires(Permission.FLEET_WRITE)
  void approveHostKey(@PathVariable UUID id, @RequestBody @Valid HostKeyApproval approval, Caller caller) {
    servers.approveHostKey(new ServerId(id), approval.fingerprint(), caller.actor());
  }

  @Operation(summary = "Ask a server for its host key", description = "Nothing is trusted yet and nothing is sent.")
  @PostMapping("/server-enrolments")
  @ResponseStatus(HttpStatus.CREATED)
  @Requires(Permission.FLEET_WRITE)
  EnrolmentBody scan(@RequestBody @Valid NewEnrolment wanted, Caller caller) {
    int port = wanted.port() == null ? 22 : wanted.port();
    return EnrolmentBody.of(enrolments.scan(new ScanRequest(wanted.host(), port), caller.actor()));
  }

  @Operation(summary = "One enrolment")
  @GetMapping("/server-enrolments/{id}")
  @Requires(Permission.FLEET_READ)
  EnrolmentBody enrolment(@PathVariable UUID id) {
    return EnrolmentBody.of(enrolments.get(new EnrolmentId(id)));
  }

  @Operation(summary = "Approve a host key and enrol the server", description = "Send the fingerprint you compared. A server of the fleet that the panel cannot get into is enrolled again in its place: send its name.")
  @PostMapping("/server-enrolments/{id}/approval")
  @ResponseStatus(HttpStatus.ACCEPTED)
  @Requires(Permission.FLEET_WRITE)
  Enrolled approve(@PathVariable UUID id, @RequestBody @Valid Approval approval, Caller caller) {
    var login = new EnrolmentLogin(approval.user(), approval.password(), approval.privateKey(), approval.passphrase(),
        approval.sudoPassword());
    return new Enrolled(enrolments
        .approve(new EnrolmentId(id), approval.fingerprint(), login, approval.name(), caller.actor()).value());
  }
}
