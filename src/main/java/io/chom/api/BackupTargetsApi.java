package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.backups.NewTarget;
import io.chom.backups.TargetId;
import io.chom.backups.TargetKind;
import io.chom.backups.TargetView;
import io.chom.backups.Targets;
import io.chom.servers.ServerId;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Where backups go. What an operator makes here for the platform is shared with all tenants. */
@Tag(name = "Backup targets")
@RestController
@RequestMapping("/api/v1/backup-targets")
class BackupTargetsApi {
  private final Targets targets;

  BackupTargetsApi(Targets targets) {
    this.targets = targets;
  }

  /**
   * A target as it is wanted.
   *
   * @param kind {@code sftp}, {@code s3}, {@code rest} or {@code server}; for operators also {@code local}
   * @param location {@code sftp://login@host:port/directory}, {@code https://host:port/bucket/prefix} of S3,
   *     {@code https://host:port/path} of a REST server; a directory of every server for {@code local}
   * @param login of a REST server; of S3 the access key. It is never shown again
   * @param password of a REST server; of S3 the secret key. It is never shown again
   * @param region of S3, where the place asks for it
   * @param authorities certificates in PEM that are believed instead of the system's, of S3 and REST
   * @param uploadKbps how many KiB a second may go there; left away, any number
   * @param downloadKbps how many may come from there; left away, any number
   * @param on for {@code server}: which of your servers keeps it
   * @param server which of your servers looks whether it is there; left away, any
   */
  record NewTargetBody(@NotNull @Size(max = 64) String name, @NotNull @Size(max = 20) String kind,
      @Nullable @Size(max = 400) String location, @Nullable @Size(max = 400) String login,
      @Nullable @Size(max = 400) String password, @Nullable @Size(max = 100) String region,
      @Nullable @Size(max = 20_000) String authorities, @Nullable Integer uploadKbps, @Nullable Integer downloadKbps,
      @Nullable UUID on, @Nullable UUID server) {
    NewTarget wanted() {
      return new NewTarget(name, TargetKind.of(kind), Objects.requireNonNullElse(location, ""), login, password,
          region, authorities, uploadKbps, downloadKbps, on == null ? null : new ServerId(on));
    }

    @Override
    public String toString() {
      return kind + " " + name;
    }
  }

  /**
   * What is to be another one; what is left away stays.
   *
   * @param limits both at once; each left away in it is no limit
   * @param login with {@code password}; the target is got into with them before they are kept
   */
  record ChangeBody(@Nullable @Size(max = 64) String name, @Nullable LimitsBody limits,
      @Nullable @Size(max = 400) String login, @Nullable @Size(max = 400) String password) {
    Targets.Change change() {
      return new Targets.Change(name,
          limits == null ? null : new Targets.Limits(limits.uploadKbps(), limits.downloadKbps()), login, password);
    }

    @Override
    public String toString() {
      return "a change of " + name;
    }
  }

  /** In KiB a second. */
  record LimitsBody(@Nullable Integer uploadKbps, @Nullable Integer downloadKbps) {}

  /**
   * @param server which of your servers looks; left away, any
   * @param fingerprint of the host's key that is to be believed from now on, after you compared it
   */
  record CheckBody(@Nullable UUID server, @Nullable @Size(max = 100) String fingerprint) {}

  /**
   * A target; of a shared one only what it is called.
   *
   * @param status NEW (nothing goes there before a check), READY, UNREACHABLE or REMOVING
   * @param isDefault whether backups go there when nobody says where
   * @param publicKey the line for {@code authorized_keys} there
   * @param fingerprint of the host's key, the only one that is believed
   * @param appendOnly whether what lies there cannot be removed, as the last check saw it
   * @param backups how many of yours lie there, {@code storedBytes} how much they need
   */
  record TargetBody(UUID id, String name, String kind, String status, boolean shared, boolean isDefault,
      @Nullable String location, @Nullable String publicKey, @Nullable String hostKey, @Nullable String fingerprint,
      @Nullable String region, boolean authorities, @Nullable Integer uploadKbps, @Nullable Integer downloadKbps,
      @Nullable UUID on, boolean appendOnly, @Nullable Instant checkedAt, @Nullable String checkFailure, long backups,
      long storedBytes,
      @Nullable Instant createdAt) {
    static TargetBody of(TargetView view) {
      return new TargetBody(view.id().value(), view.name(), view.kind().word(), view.status().name(), view.shared(),
          view.isDefault(), view.location(), view.publicKey(), view.hostKey(), view.fingerprint(), view.region(),
          view.ownAuthorities(), view.uploadKbps(), view.downloadKbps(), view.server(), view.appendOnly(),
          view.checkedAt(),
          view.checkFailure(), view.backups(), view.bytes(), view.createdAt());
    }
  }

  /** @param operation by which a server makes it; null where it is there already */
  record Made(TargetBody target, @Nullable OperationBody operation) {}

  @Operation(summary = "List the targets that backups can go to", description = "Your own, the directory on each site's own server, and those the operator shares.")
  @GetMapping
  @Requires(Permission.BACKUPS_READ)
  List<TargetBody> list() {
    return targets.list().stream().map(TargetBody::of).toList();
  }

  @Operation(summary = "One target")
  @GetMapping("/{id}")
  @Requires(Permission.BACKUPS_READ)
  TargetBody get(@PathVariable UUID id) {
    return TargetBody.of(targets.get(new TargetId(id)));
  }

  @Operation(summary = "Add a target", description = "S3 and REST are got into first, by one of your servers: what is not there is not kept. For SFTP the answer has the public key to be let in there and the fingerprint of its host to compare; then have it checked. For a server the answer is 202, and the operation makes it.")
  @PostMapping
  @Requires(Permission.BACKUPS_SCHEDULE)
  ResponseEntity<Made> create(@RequestBody @Valid NewTargetBody wanted, Caller caller) {
    var from = wanted.server();
    var made = targets.create(wanted.wanted(), from == null ? null : new ServerId(from), caller.actor());
    var location = URI.create("/api/v1/backup-targets/" + made.target().id());
    var operation = made.operation().map(OperationBody::of).orElse(null);
    return (operation == null ? ResponseEntity.created(location) : ResponseEntity.accepted().location(location))
        .body(new Made(TargetBody.of(made.target()), operation));
  }

  @Operation(summary = "Check a target", description = "One of your servers gets in, writes something and reads it back. The answer's status tells what came of it.")
  @PostMapping("/{id}/check")
  @Requires(Permission.BACKUPS_SCHEDULE)
  TargetBody check(@PathVariable UUID id, @RequestBody(required = false) @Nullable @Valid CheckBody wanted,
      Caller caller) {
    var server = wanted == null ? null : wanted.server();
    return TargetBody.of(targets.check(new TargetId(id), server == null ? null : new ServerId(server),
        wanted == null ? null : wanted.fingerprint(), caller.actor()));
  }

  @Operation(summary = "Change a target's name, limits or login")
  @PatchMapping("/{id}")
  @Requires(Permission.BACKUPS_SCHEDULE)
  TargetBody change(@PathVariable UUID id, @RequestBody @Valid ChangeBody wanted, Caller caller) {
    return TargetBody.of(targets.change(new TargetId(id), wanted.change(), caller.actor()));
  }

  @Operation(summary = "Have backups go there when nobody says where", description = "Backups that there are stay where they are.")
  @PutMapping("/{id}/default")
  @Requires(Permission.BACKUPS_SCHEDULE)
  ResponseEntity<Void> makeDefault(@PathVariable UUID id, Caller caller) {
    targets.makeDefault(new TargetId(id), caller.actor());
    return ResponseEntity.noContent().build();
  }

  @Operation(summary = "Remove a target", description = "Refused while backups lie there. Of one that a server keeps the answer is 202, and the operation takes it away.")
  @DeleteMapping("/{id}")
  @Requires(Permission.BACKUPS_SCHEDULE)
  ResponseEntity<?> remove(@PathVariable UUID id, Caller caller) {
    var view = targets.get(new TargetId(id));
    var operation = targets.remove(view.id(), view.name(), caller.actor());
    return operation.isPresent() ? Accepted.of(id, operation.get()) : ResponseEntity.noContent().build();
  }

  /** @param name the target's, typed by a person */
  record ForgetBody(@NotNull @Size(max = 64) String name) {}

  /**
   * What is lost.
   *
   * @param lastOf sites of whose good backups the last one lies there; {@code lastProvenOf} the last proven one
   * @param operation by which a server takes away what is left; null where nobody goes there
   */
  record LossBody(long backups, List<String> lastOf, List<String> lastProvenOf, @Nullable OperationBody operation) {
    static LossBody of(Targets.Loss loss, @Nullable OperationBody operation) {
      return new LossBody(loss.backups(), loss.lastOf(), loss.lastProvenOf(), operation);
    }
  }

  @Operation(summary = "What would be lost with a target")
  @GetMapping("/{id}/loss")
  @Requires(Permission.BACKUPS_READ)
  LossBody loss(@PathVariable UUID id) {
    return LossBody.of(targets.loss(new TargetId(id)), null);
  }

  @Operation(summary = "Give up a target that is gone for good", description = "Its backups are no backups any more; the place is not asked. Name the target to confirm.")
  @PostMapping("/{id}/forget")
  @Requires(Permission.BACKUPS_DELETE)
  LossBody forget(@PathVariable UUID id, @RequestBody @Valid ForgetBody wanted, Caller caller) {
    caller.mustHold(Permission.BACKUPS_SCHEDULE.scope());
    var forgotten = targets.forget(new TargetId(id), wanted.name(), caller.actor());
    return LossBody.of(forgotten.loss(), forgotten.operation().map(OperationBody::of).orElse(null));
  }
}
