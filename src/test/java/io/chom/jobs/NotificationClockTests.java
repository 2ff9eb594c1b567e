package io.chom.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.GreenMailUtil;
import com.icegreen.greenmail.util.ServerSetup;
import io.chom.accounts.Access;
import io.chom.accounts.Caller;
import io.chom.accounts.SignedIn;
import io.chom.backups.BackupRuns;
import io.chom.backups.BackupSchedules;
import io.chom.backups.BackupType;
import io.chom.backups.Backups;
import io.chom.backups.ScheduleWish;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.notifications.ChannelId;
import io.chom.notifications.ChannelKind;
import io.chom.notifications.ChannelRefused;
import io.chom.notifications.ChannelView;
import io.chom.notifications.ChannelWish;
import io.chom.notifications.Channels;
import io.chom.notifications.DeliveryView;
import io.chom.notifications.NoticeKind;
import io.chom.notifications.Notifications;
import io.chom.operations.Cancellation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationId;
import io.chom.operations.Operations;
import io.chom.outbound.OutboundRefused;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.HookServer;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import jakarta.mail.MessagingException;
import jakarta.mail.Multipart;
import jakarta.mail.Part;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What happens to two tenants' backups reaches people, by a real mail server and real calls, whichever of two nodes is
 * alive, and once. The clock is turned by hand.
 */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = {"chom.worker.enabled=false", "chom.outbound.allow=127.0.0.1/32",
    "chom.notifications.call-limit=5s", "chom.base-url=https://panel.example"})
@Import(NotificationClockTests.Turned.class)
class NotificationClockTests {
  private static final Instant START = Instant.parse("2027-02-01T10:00:00Z");
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final int MAIL_PORT = freePort();

  /** The one clock, turned by hand. */
  static final class TurnedClock extends Clock {
    volatile Instant now = START;

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() { return ZoneOffset.UTC; }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException("nobody asks for the zone");
    }
  }

  @TestConfiguration
  static class Turned {
    @Bean
    @Primary
    TurnedClock turnedClock() {
      return new TurnedClock();
    }
  }

  @DynamicPropertySource
  static void mailServer(DynamicPropertyRegistry registry) {
    registry.add("chom.mail.host", () -> "127.0.0.1");
    registry.add("chom.mail.port", () -> MAIL_PORT);
    registry.add("chom.mail.from", () -> "panel@panel.example");
    registry.add("chom.mail.tls", () -> "none");
  }

  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final HookServer hook = HookServer.on("127.0.0.1");
  private final JsonMapper json = new JsonMapper();
  private GreenMail mail = new GreenMail(new ServerSetup(MAIL_PORT, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
  @Autowired
  @Qualifier("jobsDataSource")
  DataSource jobs;
  @Autowired
  WorkerProperties properties;
  @Autowired
  Notifications notifications;
  @Autowired
  Channels channels;
  @Autowired
  Access access;
  @Autowired
  Sites sites;
  @Autowired
  Backups backups;
  @Autowired
  BackupSchedules schedules;
  @Autowired
  BackupRuns runs;
  @Autowired
  Operations operations;
  @Autowired
  Cancellation cancellation;
  @Autowired
  List<OperationHandler> handlers;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  TurnedClock clock;

  @BeforeEach
  void nothingElseHasHappened() {
    RealServices.asAdministrator("delete from notification_channel; delete from notification;"
        + " delete from backup_schedule");
    acme.server();
    globex.server();
    clock.now = START;
    mail.start();
  }

  @AfterEach
  void nothingIsLeft() {
    mail.stop();
    hook.close();
    RealServices.asAdministrator("delete from notification_channel; delete from notification;"
        + " update operation set status = 'CANCELLED', finished_at = now() where finished_at is null and tenant_id in ('"
        + acme.id() + "', '" + globex.id() + "')");
  }

  @Test
  void aFailedBackupReachesWhoeverLeadsTheTenantAndNobodyElse() throws Exception {
    var owner = acme.owner();
    var admin = acme.admin();
    var viewer = acme.viewer();
    var other = globex.owner();
    fail(backup(site(acme)));
    tick(node());
    var all = Arrays.asList(mail.getReceivedMessages());
    assertThat(all).hasSize(2).extracting(NotificationClockTests::to).containsExactlyInAnyOrder(owner.email(),
        admin.email()).doesNotContain(viewer.email(), other.email());
    assertThat(all.getFirst().getSubject()).endsWith("the backup failed");
    assertThat(content(all.getFirst())).contains("multipart/alternative", "text/html", "https://panel.example/sites/",
        "https://panel.example/notifications", "never said how it ended");
    assertThat(all.getFirst().getHeader("Auto-Submitted")).containsExactly("auto-generated");
    tick(node());
    assertThat(mail.getReceivedMessages()).hasSize(2);
  }

  @Test
  void whatIsWrittenDownIsWrittenWithWhatHappenedOrNotAtAll() {
    acme.owner();
    var operation = backup(site(acme));
    assertThatThrownBy(() -> as(acme, () -> transaction.execute(status -> {
      silent(operation);
      cancellation.giveUp(operation, Actor.PANEL);
      throw new IllegalStateException("the node died before the commit");
    }))).hasMessageContaining("died");
    assertThat(notices(acme)).isZero();
    // and where it dies after the commit, nothing but the row is needed: any other node reads it
    fail(operation);
    assertThat(notices(acme)).isEqualTo(1);
    tick(node());
    assertThat(mail.getReceivedMessages()).hasSize(1);
  }

  @Test
  void twoNodesTellEachThingOnceOnEachChannel() throws Exception {
    var owner = acme.owner();
    channel(acme, owner, ChannelKind.WEBHOOK, hook.url("/hook"), true, NoticeKind.FAILURES, Set.of());
    channel(globex, globex.owner(), ChannelKind.SLACK, hook.url("/slack"), true, NoticeKind.FAILURES, Set.of());
    var site = site(acme);
    IntStream.range(0, 30).forEach(n -> happened(acme, site, "s" + n + ".example"));
    happened(globex, site(globex), "other.example");
    var nodes = List.of(node(), node());
    try (var pool = Executors.newFixedThreadPool(4)) {
      var both = IntStream.range(0, 4).<Callable<Void>>mapToObj(n -> () -> {
        tick(nodes.get(n % 2));
        return null;
      }).toList();
      for (var one : pool.invokeAll(both)) {
        one.get();
      }
    }
    nodes.forEach(this::tick);
    var hooks = hook.calls().stream().filter(call -> call.path().equals("/hook")).toList();
    assertThat(hooks).hasSize(30).extracting(call -> call.headers().get("webhook-id")).doesNotHaveDuplicates();
    assertThat(hooks).allSatisfy(call -> assertThat(call.text()).contains(acme.id().toString()));
    assertThat(hook.calls()).filteredOn(call -> call.path().equals("/slack")).singleElement()
        .satisfies(call -> assertThat(call.text()).contains("other.example").doesNotContain("s1.example"));
    var mails = Arrays.stream(mail.getReceivedMessages()).filter(one -> to(one).equals(owner.email())).toList();
    var text = String.join("\n", mails.stream().map(NotificationClockTests::plain).toList());
    assertThat(IntStream.range(0, 30))
        .allSatisfy(n -> assertThat(text.split("\\* s" + n + ".example:", -1)).hasSize(2));
  }

  @Test
  void whatTheMailServerMissedIsToldOnceWhenItIsBack() {
    var owner = acme.owner();
    mail.stop();
    fail(backup(site(acme)));
    tick(node());
    var own = own(acme, owner);
    assertThat(own.error()).isEqualTo("MAIL_UNREACHABLE");
    assertThat(deliveries(acme, owner, own.id())).singleElement().satisfies(one -> {
      assertThat(one.status()).isEqualTo(DeliveryView.Status.WAITING);
      assertThat(one.attempts()).isEqualTo(1);
      assertThat(one.nextTryAt()).isEqualTo(START.plus(Duration.ofMinutes(1)));
    });
    mail = new GreenMail(new ServerSetup(MAIL_PORT, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
    mail.start();
    tick(node());
    assertThat(mail.getReceivedMessages()).as("before its time").isEmpty();
    clock.now = START.plus(Duration.ofMinutes(2));
    tick(node());
    tick(node());
    assertThat(mail.getReceivedMessages()).hasSize(1);
    assertThat(own(acme, owner).error()).isNull();
    assertThat(deliveries(acme, owner, own.id())).singleElement()
        .satisfies(one -> assertThat(one.status()).isEqualTo(DeliveryView.Status.SENT));
  }

  @Test
  void whatNeverGetsThereEndsAndSaysWhy() {
    var owner = acme.owner();
    hook.answers(HookServer.status("503 Service Unavailable"));
    var channel = channel(acme, owner, ChannelKind.WEBHOOK, hook.url("/hook"), true, NoticeKind.FAILURES, Set.of());
    happened(acme, site(acme), "s.example");
    for (int hour = 0; hour < 40; hour++) {
      tick(node());
      clock.now = clock.now.plus(Duration.ofHours(1));
    }
    assertThat(hook.calls()).hasSize(8).extracting(call -> call.headers().get("webhook-id")).containsOnly(
        hook.calls().getFirst().headers().get("webhook-id"));
    assertThat(deliveries(acme, owner, channel)).singleElement().satisfies(one -> {
      assertThat(one.status()).isEqualTo(DeliveryView.Status.FAILED);
      assertThat(one.error()).isEqualTo("HTTP_STATUS");
      assertThat(one.errorDetail()).isEqualTo("503");
    });
    hook.answers(HookServer.status("410 Gone"));
    happened(acme, site(acme), "t.example");
    tick(node());
    assertThat(as(acme, () -> channels.get(channel, caller(acme, owner))).wish().enabled()).isFalse();
  }

  @Test
  void everyKindReachesWhoeverAskedForItAndNoOther() {
    var owner = acme.owner();
    channel(acme, owner, ChannelKind.WEBHOOK, hook.url("/all"), true, Set.of(NoticeKind.values()), Set.of());
    channel(acme, owner, ChannelKind.WEBHOOK, hook.url("/broken"), false, Set.of(NoticeKind.BACKUP_BROKEN), Set.of());
    var site = site(acme);
    as(acme, () -> schedules.create(site, new ScheduleWish(BackupType.FULL, "0 3 * * *", "UTC", "", false,
        Duration.ofHours(1), 0, ScheduleWish.Keep.USUAL), true, Actor.PANEL));
    var schedules = new BackupClock(jobs, runs, properties, clock);
    schedules.tick();
    clock.now = START.plus(Duration.ofHours(20));
    schedules.tick();
    schedules.tick();
    // the panel asks for another by itself as soon as one is broken
    var first = backup(site);
    var second = backup(site);
    looked(first, "BROKEN");
    looked(second, "PROVEN");
    tick(node());
    assertThat(events("/all")).containsExactlyInAnyOrder("backup.missed", "backup.broken", "backup.proven");
    assertThat(events("/broken")).containsExactly("backup.broken");
    var missed = bodies("/all").stream().filter(one -> one.path("type").asString().equals("backup.missed")).findFirst()
        .orElseThrow();
    assertThat(missed.at("/data/dueAt").asString()).startsWith("2027-02-02T03:");
    assertThat(missed.at("/data/url").asString()).isEqualTo("https://panel.example/sites/" + site + "#backups");
  }

  @Test
  void theDigestComesOnceADayAtItsHourThroughSummerAndWinterAndNotOnADayWithoutAnything() {
    var owner = acme.owner();
    clock.now = LocalDate.of(2027, 3, 26).atTime(12, 0).atZone(BERLIN).toInstant();
    channel(acme, owner, ChannelKind.WEBHOOK, hook.url("/digest"), false, Set.of(), NoticeKind.FAILURES);
    var site = site(acme);
    for (var day : List.of(LocalDate.of(2027, 3, 26), LocalDate.of(2027, 3, 28), LocalDate.of(2027, 10, 30),
        LocalDate.of(2027, 10, 31))) {
      var noon = day.atTime(12, 5).atZone(BERLIN).toInstant();
      if (day.getMonthValue() == 10 && clock.now.isBefore(noon.minus(Duration.ofDays(2)))) {
        runUntil(clock.now.plus(Duration.ofDays(3)));
        clock.now = noon.minus(Duration.ofDays(1));
      }
      runUntil(noon);
      happened(acme, site, "on-" + day + ".example");
      tick(node());
    }
    runUntil(LocalDate.of(2027, 11, 3).atTime(12, 0).atZone(BERLIN).toInstant());
    var digests = bodies("/digest");
    assertThat(digests).extracting(one -> Instant.parse(one.at("/data/until").asString()).atZone(BERLIN).toLocalDate())
        .containsExactly(LocalDate.of(2027, 3, 27), LocalDate.of(2027, 3, 29), LocalDate.of(2027, 10, 31),
            LocalDate.of(2027, 11, 1));
    assertThat(digests).allSatisfy(one -> {
      assertThat(Instant.parse(one.at("/data/until").asString()).atZone(BERLIN).toLocalTime()).isBetween(
          LocalTime.of(7, 0), LocalTime.of(7, 20));
      assertThat(one.at("/data/failed").asInt()).isEqualTo(1);
      assertThat(one.at("/data/missed").asInt()).isZero();
      assertThat(one.at("/data/events")).hasSize(1);
    });
  }

  @Test
  void aDigestSaysHowManyRunsThereWereInTheReadersLanguage() {
    var owner = acme.owner();
    as(acme, () -> channels.change(own(acme, owner).id(), null, new ChannelWish("Ada", Set.of(),
        Set.of(NoticeKind.BACKUP_FAILED), "Europe/Berlin", 7, "de", true), caller(acme, owner)));
    var site = site(acme);
    happened(acme, site, "a.example");
    insert(acme, site, "BACKUP_SUCCEEDED", "b.example");
    insert(acme, site, "BACKUP_PROVEN", "b.example");
    tick(node());
    assertThat(mail.getReceivedMessages()).as("not at once").isEmpty();
    clock.now = START.plus(Duration.ofDays(1));
    tick(node());
    tick(node());
    assertThat(mail.getReceivedMessages()).hasSize(1);
    var text = plain(mail.getReceivedMessages()[0]);
    assertThat(text).contains("Sicherungen erstellt: 1.", "Fehlgeschlagen: 1.", "Geprüft: 1.", "a.example")
        .doesNotContain("b.example");
  }

  @Test
  void whoHasLeftIsToldNothingAnyMore() {
    var admin = acme.admin();
    channel(acme, admin, ChannelKind.WEBHOOK, hook.url("/own"), false, NoticeKind.FAILURES, Set.of());
    happened(acme, site(acme), "before.example");
    mail.stop();
    hook.answers(HookServer.status("500 No"));
    tick(node());
    acme.expel(admin);
    mail = new GreenMail(new ServerSetup(MAIL_PORT, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
    mail.start();
    hook.calls().clear();
    happened(acme, site(acme), "after.example");
    clock.now = START.plus(Duration.ofMinutes(10));
    tick(node());
    assertThat(mail.getReceivedMessages()).isEmpty();
    assertThat(hook.calls()).isEmpty();
  }

  @Test
  void nothingThatCustomersOrServersWriteBecomesAHeaderOrTellsASecret() throws Exception {
    var owner = acme.owner();
    var operation = backup(site(acme));
    RealServices.asAdministrator(
        "update operation set subject_label = E'x.example<img src=x>\\r\\nBcc: victim@example.org\\r\\n',"
            + " lane = 'scheduled' where id = '" + operation + "'");
    fail(operation);
    tick(node());
    var all = mail.getReceivedMessages();
    assertThat(all).hasSize(1);
    assertThat(all[0].getHeader("Bcc")).isNull();
    assertThat(all[0].getAllRecipients()).extracting(Object::toString).containsExactly(owner.email());
    assertThat(all[0].getSubject()).contains("x.example<img src=x> Bcc: victim@example.org");
    assertThat(html(all[0])).contains("x.example&lt;img src=x&gt;").doesNotContain("<img");
    assertThatThrownBy(() -> channel(acme, owner, ChannelKind.EMAIL, "a@example.org\r\nBcc: b@example.org", true,
        NoticeKind.FAILURES, Set.of())).isInstanceOf(ChannelRefused.class);
    assertThatThrownBy(() -> channel(acme, owner, ChannelKind.EMAIL, "a@example.org,b@example.org", true,
        NoticeKind.FAILURES, Set.of())).isInstanceOf(ChannelRefused.class);
  }

  @Test
  void nobodyMakesThePanelCallWhatIsNotPublic() {
    var owner = acme.owner();
    for (var inside : List.of("http://127.0.0.2/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data",
        "https://[::1]/", "https://[::ffff:127.0.0.2]/", "https://localhost.localdomain.invalid/")) {
      assertThatThrownBy(() -> channel(acme, owner, ChannelKind.WEBHOOK, inside, true, NoticeKind.FAILURES, Set.of()))
          .as(inside).isInstanceOf(OutboundRefused.class);
    }
    for (var unfit : List.of("ftp://example.org/", "https://user:pass@example.org/", "https:///x", "hello", "",
        "https://example.org/#part", "https://example.org/ x", "https://example.org/\r\nX: y")) {
      assertThatThrownBy(() -> channel(acme, owner, ChannelKind.WEBHOOK, unfit, true, NoticeKind.FAILURES, Set.of()))
          .as(unfit).isInstanceOf(ChannelRefused.class);
    }
  }

  @Test
  void aTestSaysAtOnceWhetherItGotThere() {
    var owner = acme.owner();
    var channel = channel(acme, owner, ChannelKind.SLACK, hook.url("/slack"), true, Set.of(), Set.of());
    assertThat(as(acme, () -> channels.test(channel, caller(acme, owner))).status())
        .isEqualTo(DeliveryView.Status.SENT);
    assertThatThrownBy(() -> as(acme, () -> channels.test(channel, caller(acme, owner))))
        .isInstanceOf(ChannelRefused.class);
    clock.now = START.plusSeconds(11);
    hook.answers(HookServer.status("404 no_service"));
    assertThat(as(acme, () -> channels.test(channel, caller(acme, owner)))).satisfies(one -> {
      assertThat(one.status()).isEqualTo(DeliveryView.Status.FAILED);
      assertThat(one.errorDetail()).isEqualTo("404");
    });
    tick(node());
    assertThat(hook.calls()).as("a test is not tried again").hasSize(2);
  }

  @Test
  void operatorsAreToldWhatFailsOfThePlatform() {
    var operator = Tenants.operator();
    var owner = acme.owner();
    RealServices.asAdministrator("insert into notification (tenant_id, kind, subject_kind, subject_id, subject_label,"
        + " about, occurred_at) values ('" + TenantId.PLATFORM + "', 'OPERATION_FAILED', 'server', '" + Uuid7.next()
        + "', 'web-1', 'server.rotate-key', '" + clock.now + "')");
    tick(node());
    assertThat(Arrays.stream(mail.getReceivedMessages()).map(NotificationClockTests::to)).contains(operator.email())
        .doesNotContain(owner.email());
  }

  @Test
  void oldNewsIsForgotten() {
    var owner = acme.owner();
    happened(acme, site(acme), "s.example");
    tick(node());
    var own = own(acme, owner);
    clock.now = START.plus(Duration.ofDays(61));
    as(acme, () -> notifications.forget());
    assertThat(deliveries(acme, owner, own.id())).isEmpty();
    assertThat(notices(acme)).isZero();
  }

  private void runUntil(Instant end) {
    while (clock.now.isBefore(end)) {
      tick(node());
      var next = clock.now.plus(Duration.ofMinutes(20));
      clock.now = next.isBefore(end) ? next : end;
    }
  }

  private NotificationClock node() {
    return new NotificationClock(jobs, notifications, properties, clock);
  }

  private void tick(NotificationClock node) {
    for (var thread : node.tick()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private SiteId site(Tenants tenant) {
    var wanted = new CreateSite(DomainName.parse("k" + Uuid7.next().toString().replace("-", "") + ".example"),
        SiteType.STATIC, null, null, null);
    var site = as(tenant, () -> sites.create(wanted, Actor.PANEL).site());
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + site + "'");
    return site;
  }

  private OperationId backup(SiteId site) {
    RealServices.asAdministrator("update site_backup set status = 'COMPLETED', snapshot = repeat('a', 64),"
        + " manifest = repeat('b', 64), finished_at = now() where status = 'RUNNING' and site_id = '" + site + "'");
    return as(acme, () -> backups.create(site, BackupType.FULL, null, Actor.PANEL)).operation().id();
  }

  /** Its server is gone, and somebody says so: it ends as every failed one does. */
  private void fail(OperationId operation) {
    silent(operation);
    as(acme, () -> cancellation.giveUp(operation, Actor.PANEL));
  }

  private static void silent(OperationId operation) {
    RealServices.asAdministrator("update operation set status = 'RUNNING', sent_at = now(), waiting_since = now(),"
        + " lease_expires_at = now() + interval '1 day' where id = '" + operation + "'");
  }

  /** As its server's answer would. */
  private void looked(OperationId backup, String outcome) {
    var taken = as(acme, () -> operations.get(backup));
    RealServices.asAdministrator("update site_backup set status = 'COMPLETED', snapshot = repeat('a', 64),"
        + " manifest = repeat('b', 64), finished_at = now() where status = 'RUNNING' and tenant_id = '" + acme.id()
        + "'");
    var handler = handlers.stream().filter(one -> one.type().value().equals("backup.verify")).findFirst().orElseThrow();
    as(acme, () -> {
      transaction.executeWithoutResult(status -> handler.whenSucceeded(taken, json.readTree("""
          {"outcome": "%s", "reasons": [], "files": 1, "bytes": 1, "tables": 0, "rows": 0, "restore_ms": 5}
          """.formatted(outcome))));
      return true;
    });
  }

  private void happened(Tenants tenant, SiteId site, String label) {
    insert(tenant, site, "BACKUP_FAILED", label);
  }

  private void insert(Tenants tenant, SiteId site, String kind, String label) {
    RealServices.asAdministrator("insert into notification (tenant_id, kind, subject_kind, subject_id, subject_label,"
        + " about, occurred_at) values ('" + tenant.id() + "', '" + kind + "', 'site', '" + site + "', '" + label
        + "', 'backup.create', '" + clock.now + "')");
  }

  private ChannelId channel(Tenants tenant, Tenants.Person person, ChannelKind kind, String target, boolean shared,
      Set<NoticeKind> atOnce, Set<NoticeKind> daily) {
    var wish = new ChannelWish("Team", atOnce, daily, "Europe/Berlin", 7, "en", true);
    return as(tenant, () -> channels.create(kind, target, shared, wish, caller(tenant, person))).channel().id();
  }

  private ChannelView own(Tenants tenant, Tenants.Person person) {
    return as(tenant, () -> channels.list(caller(tenant, person))).getFirst();
  }

  private List<DeliveryView> deliveries(Tenants tenant, Tenants.Person person, ChannelId channel) {
    return as(tenant, () -> channels.deliveries(channel, null, 50, caller(tenant, person)));
  }

  private Caller caller(Tenants tenant, Tenants.Person person) {
    return access.caller(new SignedIn(person.id(), person.email(), person.name(), false), tenant.id()).orElseThrow();
  }

  private List<JsonNode> bodies(String path) {
    return hook.calls().stream().filter(call -> call.path().equals(path)).map(call -> json.readTree(call.body()))
        .toList();
  }

  private List<String> events(String path) {
    return bodies(path).stream().map(one -> one.path("type").asString()).toList();
  }

  private static long notices(Tenants tenant) {
    try (var connection = RealServices.asAdministrator();
        var rows = connection.createStatement()
            .executeQuery("select count(*) from notification where tenant_id = '" + tenant.id() + "'")) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String to(MimeMessage message) {
    try {
      return message.getAllRecipients()[0].toString();
    } catch (MessagingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All of it, as it went over the wire. */
  private static String content(MimeMessage message) {
    return GreenMailUtil.getWholeMessage(message);
  }

  private static String plain(MimeMessage message) {
    return part(message, "text/plain");
  }

  private static String html(MimeMessage message) {
    return part(message, "text/html");
  }

  private static String part(MimeMessage message, String type) {
    try {
      return text(message, type);
    } catch (MessagingException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String text(Part part, String type) throws MessagingException, IOException {
    if (part.getContent() instanceof Multipart several) {
      for (int i = 0; i < several.getCount(); i++) {
        var found = text(several.getBodyPart(i), type);
        if (!found.isEmpty()) {
          return found;
        }
      }
      return "";
    }
    return part.isMimeType(type) ? part.getContent().toString() : "";
  }

  private static <T> T as(Tenants tenant, Supplier<T> work) {
    return TenantContext.callAs(tenant.id(), work::get);
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
