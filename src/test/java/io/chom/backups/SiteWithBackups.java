package io.chom.backups;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Operations;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

/** A site of one of two tenants whose backups were taken when it suits the test; nobody works on what is promised. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
abstract class SiteWithBackups {
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
