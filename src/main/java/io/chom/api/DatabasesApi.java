package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.sites.DatabaseId;
import io.chom.sites.DatabaseView;
import io.chom.sites.Databases;
import io.chom.sites.SiteId;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The databases of a tenant's sites. */
@Tag(name = "Databases")
@RestController
@RequestMapping("/api/v1/sites/{site}/databases")
class DatabasesApi {
  private final Databases databases;

  DatabasesApi(Databases databases) {
    this.databases = databases;
  }

  /**
   * A database to be made.
   *
   * @param name 1 to 32 small letters, digits and underscores, beginning with a letter
   */
  record NewDatabase(@NotNull @Size(max = 1_000) String name) {}

  /**
   * A database as the API shows it.
   *
   * @param database its whole name on the server, {@code login} that of the login which may use it
   */
  record DatabaseBody(UUID id, String name, String database, String login, String host, String status,
      @Nullable String failure, boolean passwordWaiting, Instant createdAt) {

    static DatabaseBody of(DatabaseView view) {
      return new DatabaseBody(view.id().value(), view.name(), view.database(), view.database(), DatabaseView.HOST,
          view.status().name(), view.failure(), view.passwordFor() != null, view.createdAt());
    }
  }

  /** What an application needs to log in. */
  record Login(String database, String login, String host, String password) {}

  @Operation(summary = "List a site's databases, by name")
  @GetMapping
  @Requires(Permission.SITES_READ)
  Page<DatabaseBody> list(@PathVariable UUID site) {
    return new Page<>(databases.of(new SiteId(site)).stream().map(DatabaseBody::of).toList(), null);
  }

  @Operation(summary = "One database")
  @GetMapping("/{id}")
  @Requires(Permission.SITES_READ)
  DatabaseBody get(@PathVariable UUID site, @PathVariable UUID id) {
    return DatabaseBody.of(databases.get(new SiteId(site), new DatabaseId(id)));
  }

  @Operation(summary = "Create a database", description = "With a login of its own. Fetch its password, once, when the operation has succeeded.")
  @PostMapping
  @Requires(Permission.SITES_WRITE)
  ResponseEntity<Accepted> create(@PathVariable UUID site, @RequestBody @Valid NewDatabase wanted,
      @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String key, Caller caller) {
    return accepted(databases.create(new SiteId(site), wanted.name(), Keys.of(caller, key), caller.actor()));
  }

  @Operation(summary = "Show a password", description = "For the first and last time, to whoever asked for it, once the database is ACTIVE.")
  @PostMapping("/{id}/password")
  @Requires(Permission.SITES_WRITE)
  ResponseEntity<Login> password(@PathVariable UUID site, @PathVariable UUID id, Caller caller) {
    var view = databases.get(new SiteId(site), new DatabaseId(id));
    var password = databases.showPassword(view.site(), view.id(), caller.user().userId(), caller.actor());
    return ResponseEntity.ok().cacheControl(CacheControl.noStore())
        .body(new Login(view.database(), view.database(), DatabaseView.HOST, password));
  }

  @Operation(summary = "Set a new password", description = "The old one is good until the operation sets the new one. Also tries a failed creation again.")
  @PostMapping("/{id}/new-password")
  @Requires(Permission.SITES_WRITE)
  ResponseEntity<Accepted> renew(@PathVariable UUID site, @PathVariable UUID id, Caller caller) {
    return accepted(databases.renewPassword(new SiteId(site), new DatabaseId(id), caller.actor()));
  }

  @Operation(summary = "Drop a database", description = "The server keeps a copy for a week, unless purge says not to.")
  @DeleteMapping("/{id}")
  @Requires(Permission.SITES_DELETE)
  ResponseEntity<Accepted> drop(@PathVariable UUID site, @PathVariable UUID id,
      @RequestParam(defaultValue = "false") boolean purge, Caller caller) {
    var view = databases.get(new SiteId(site), new DatabaseId(id));
    return accepted(databases.drop(view.site(), view.id(), view.name(), purge, caller.actor()));
  }

  private static ResponseEntity<Accepted> accepted(Databases.Promised promised) {
    return Accepted.of(promised.database().value(), promised.operation());
  }
}
