package io.chom.backups;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Operations;
import io.chom.servers.ServerId;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.transaction.support.TransactionTemplate;

/** A site of one of two tenants whose backups were taken when it suits the test; nobody works on what is promised. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
abstract class SiteWithBackups {
  static final String SECRET = "s3cret-that-nobody-is-shown";
  static final String HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3Tz5kq0a0tSx0cN1mWk8mQk0yq2f3uQpQ1c7pXwYvZ";

  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();
  @Autowired
  Sites sites;
  @Autowired
  Backups backups;
  @Autowired
  BackupSchedules schedules;
  @Autowired
  Operations operations;
  @Autowired
  TargetRows rows;
  @Autowired
  TargetSecrets sealing;
  @Autowired
  TransactionTemplate transaction;
  SiteId site;

  @BeforeEach
  void acmeHasASiteWithABackup() {
    acme.server();
    globex.server();
    var wanted = new CreateSite(DomainName.parse("k" + Uuid7.next().toString().replace("-", "") + ".example"),
        SiteType.STATIC, null, null, null);
    site = as(acme, () -> sites.create(wanted, Actor.PANEL).site());
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + site + "'");
  }

  /** One that was taken so many days ago. */
  BackupId backup(int days) {
    var id = as(acme, () -> backups.create(site, BackupType.FULL, null, Actor.PANEL)).backup();
    RealServices.asAdministrator("update site_backup set status = 'COMPLETED', snapshot = repeat('a', 64),"
        + " manifest = repeat('b', 64), finished_at = now(), added_bytes = 10, created_at = now() - interval '" + days
        + " days' where id = '" + id + "'");
    return id;
  }

  /** As if a server had got in there. */
  TargetId target(TenantId owner, String name, TargetKind kind, String location) {
    return target(owner, name, kind, location, UUID.randomUUID());
  }

  /** @param on the server that keeps it, where it is one of the panel's */
  TargetId target(TenantId owner, String name, TargetKind kind, String location, UUID on) {
    return TenantContext.callAs(owner, () -> {
      var id = Uuid7.next();
      var secrets = kind == TargetKind.S3
          ? Map.of("key", "check-key", "s3_key", "AKIA", "s3_secret", SECRET)
          : Map.of("key", "check-key", "sftp_key", SECRET);
      var wanted = new NewTarget(name, kind, location, null, null, null, null, 512, null,
          kind == TargetKind.SERVER ? new ServerId(on) : null);
      transaction.executeWithoutResult(status -> rows.insert(TargetRows.fresh(id, wanted, TargetStatus.READY, location,
          sealing.seal(id, secrets), null, kind.bySsh() ? HOST_KEY : null, false, Actor.PANEL)));
      return new TargetId(id);
    });
  }

  /** Nobody else's workers are to find what was only promised. */
  @AfterEach
  void nothingIsLeftToDo() {
    RealServices
        .asAdministrator("update operation set status = 'CANCELLED', finished_at = now() where finished_at is null"
            + " and tenant_id in ('" + acme.id() + "', '" + globex.id() + "')");
  }

  static <T> T as(Tenants tenant, Supplier<T> work) {
    return TenantContext.callAs(tenant.id(), work::get);
  }
}
