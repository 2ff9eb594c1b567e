package io.chom.web.gallery;

import io.chom.servers.ServerStatus;
import io.chom.sites.DomainProof;
import io.chom.web.account.LoginPage;
import io.chom.web.backups.BackupList;
import io.chom.web.backups.BackupRow;
import io.chom.web.backups.DownloadPage;
import io.chom.web.backups.ScheduleForm;
import io.chom.web.backups.SchedulePage;
import io.chom.web.backups.TargetForm;
import io.chom.web.backups.TargetPage;
import io.chom.web.dashboard.DashboardPage;
import io.chom.web.metrics.MetricsPage;
import io.chom.web.notifications.ChannelForm;
import io.chom.web.notifications.ChannelPage;
import io.chom.web.notifications.ChannelsPage;
import io.chom.web.operations.OperationLine;
import io.chom.web.operations.OperationList;
import io.chom.web.operations.OperationPage;
import io.chom.web.queue.QueuePage;
import io.chom.web.servers.ApproveForm;
import io.chom.web.servers.ApprovePage;
import io.chom.web.servers.CarePage;
import io.chom.web.servers.ConnectionRow;
import io.chom.web.servers.ConnectionsPage;
import io.chom.web.servers.EnrolForm;
import io.chom.web.servers.ServerList;
import io.chom.web.servers.ServerPage;
import io.chom.web.servers.ServerRow;
import io.chom.web.sites.BackupCard;
import io.chom.web.sites.BackupEntry;
import io.chom.web.sites.CertificateCard;
import io.chom.web.sites.ConfirmPage;
import io.chom.web.sites.ContentsPage;
import io.chom.web.sites.CreateSiteForm;
import io.chom.web.sites.DatabaseCard;
import io.chom.web.sites.DatabaseRow;
import io.chom.web.sites.DeletedRow;
import io.chom.web.sites.PlanView;
import io.chom.web.sites.RestorePage;
import io.chom.web.sites.SiteList;
import io.chom.web.sites.SitePage;
import io.chom.web.sites.SiteRow;
import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.ErrorPage;
import io.chom.web.support.Faults;
import io.chom.web.support.Figure;
import io.chom.web.support.Frame;
import io.chom.web.support.Pager;
import io.chom.web.support.Toast;
import io.chom.web.support.Words;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Every page with sample content: as it is usually, empty, full, and when things fail. */
final class Samples {
  /** A page to look at: which template, with what in it. */
  record Sample(String view, Map<String, Object> model) {}

  static final String HOSTILE = "<script>alert(1)</script>\"'&${7*7}";
  private static final String LONG = "a-really-long-name-that-somebody-thought-was-a-good-idea-for-a-shop.example.co.uk";

  private final Words words;
  private final Instant now = Instant.now();
  private final Map<String, Sample> all = new LinkedHashMap<>();

  private Samples(Words words) {
    this.words = words;
  }

  static Map<String, Sample> in(Words words) {
    var samples = new Samples(words);
    samples.account();
    samples.overview();
    samples.sites();
    samples.backupLists();
    samples.schedules();
    samples.targets();
    samples.notifications();
    samples.operations();
    samples.servers();
    samples.connections();
    samples.queue();
    samples.metrics();
    samples.errors();
    return samples.all;
  }

  static Frame frame(String path, String language, String theme, boolean signedIn) {
    var person = new Frame.Person("Ada Lovelace", "ada@acme.example", "AL", true);
    return new Frame(path, language, theme, signedIn ? person : null, "Acme Webshops",
        List.of(new Frame.Tenant("1", "Acme Webshops", true), new Frame.Tenant("2", "Globex Corporation", false)),
        null);
  }

  private void account() {
    add("login", "account/login", "login", new LoginPage("", null));
    add("login-failed", "account/login", "login",
        new LoginPage("ada@acme.example", Toast.bad(words.say("login.failed"))));
  }

  private void overview() {
    add("dashboard", "dashboard/page", "page",
        new DashboardPage(figures("12", "11", 1, "38.4 GB", "2"), rows(5), List.of(running(), queued()), true), "toast",
        Toast.ok(words.say("site.deletion.requested", "old.acme.example")));
    add("dashboard-empty", "dashboard/page", "page",
        new DashboardPage(figures("0", "0", 0, "0 MB", "0"), List.of(), List.of(), true));
    add("dashboard-failing", "dashboard/page", "page",
        new DashboardPage(figures("1,204", "1,180", 24, "1,022.7 GB", "31"), rows(5), List.of(waiting(), running()),
            false));
  }

  private List<Figure> figures(String sites, String active, int broken, String storage, String certificates) {
    return List.of(
        new Figure("world", words.say("dashboard.figure.sites"), sites, words.say("dashboard.figure.sites.note", 25)),
        new Figure("heartbeat", words.say("dashboard.figure.active"), active,
            "0".equals(sites)
                ? words.say("dashboard.figure.active.none")
                : words.say("dashboard.figure.active.note", broken)),
        new Figure("database", words.say("dashboard.figure.storage"), storage,
            words.say("dashboard.figure.storage.note", "100 GB")),
        new Figure("certificate", words.say("dashboard.figure.certificates"), certificates,
            words.say("dashboard.figure.certificates.note")));
  }

  private void sites() {
    var pager = new Pager(null, "/sites?before=7");
    add("sites", "sites/list", "page",
        new SiteList(rows(4), "", choices(), new Pager(null, null), "/sites", false, true), "deleted",
        deleted());
    add("sites-full", "sites/list", "page",
        new SiteList(rows(25), "shop", choices(), pager, "/sites?q=shop", false, true), "deleted", List.of());
    add("sites-empty", "sites/list", "page",
        new SiteList(List.of(), "", choices(), new Pager(null, null), "/sites", true, true), "deleted",
        List.of());
    add("sites-none-found", "sites/list", "page",
        new SiteList(List.of(), HOSTILE, choices(), new Pager("/sites", null), "/sites?q=x", false, true),
        "deleted", List.of(), "refused", words.say("site.refused.domain-not-available"));
    add("site-create", "sites/create", "form", new CreateSiteForm("", "php", "k"), "faults", Faults.NONE);
    add("site-create-failing", "sites/create", "form", new CreateSiteForm("-" + HOSTILE, "php", "k"), "faults",
        Faults.at("domain", words.say("site.refused.domain-characters")));
    add("site", "sites/detail", "page", site("shop.acme.example", state("ok", "site.status.ACTIVE"), null),
        "databases", databases(), "backups", backups());
    add("site-failing", "sites/detail", "page", site(LONG, state("bad", "site.status.FAILED"),
        words.say("operation.error.CONFIG_REJECTED")),
        "databases", databasesFailing(), "backups", backupsFailing());
    add("site-creating", "sites/detail", "page",
        site("new.acme.example", state("busy", "site.status.PROVISIONING"), null), "databases",
        new DatabaseCard("1", "/sites/1/databases", List.of(), "", null, "s200001", "", "k", List.of(), null),
        "backups", new BackupCard("/sites/1/backups", List.of(), "", "/sites/1/schedules", null, null, List.of(), "k",
            List.of(), null, List.of(), "",
            new BackupCard.Awaited(words.say("restore.awaited", LONG), words.say("restore.awaited.failed"),
                words.say("restore.awaited.why", words.say("operation.error.NO_ROOM") + HOSTILE),
                "/sites/1/backups/2/restore")));
    add("site-password", "sites/detail", "page",
        site("shop.acme.example", state("ok", "site.status.ACTIVE"), null), "databases",
        new DatabaseCard("1", "/sites/1/databases", List.of(), "", "/sites/1/databases", "s200001", "", "k", List.of(),
            new DatabaseCard.Shown("s200001_shop", "localhost", "x".repeat(32))),
        "backups", backups());
    add("site-confirm", "sites/confirm", "page", confirm("shop.acme.example", plan(), false, List.of()));
    add("site-confirm-asking", "sites/confirm", "page", confirm("shop.acme.example", null, false, List.of()));
    add("site-confirm-failing", "sites/confirm", "page",
        confirm(LONG, new PlanView(List.of(), List.of(), words.say("plan.away.purge", "web-1")), true,
            List.of(words.say("site.refused.name-does-not-match"))));
  }

  private DatabaseCard databases() {
    var rows = List.of(
        new DatabaseRow("1", "shop", "s200001_shop", state("ok", "database.status.ACTIVE"), null,
            "/sites/1/databases/1/password", "/sites/1/databases/1/new-password", "/sites/1/databases/1/drop",
            List.of()),
        new DatabaseRow("2", "stats", "s200001_stats", state("busy", "database.status.CREATING"), null, null, null,
            null, List.of()));
    return new DatabaseCard("1", "/sites/1/databases", rows, "sse:database-is-ACTIVE-2", "/sites/1/databases",
        "s200001", "", "k", List.of(), null);
  }

  private DatabaseCard databasesFailing() {
    var row = new DatabaseRow("1", "a".repeat(32), "s200001_" + "a".repeat(32),
        state("bad", "database.status.FAILED"), words.say("operation.error.DEPENDENCY_FAILED"), null,
        "/sites/1/databases/1/new-password", "/sites/1/databases/1/drop",
        List.of(words.say("database.refused.name-does-not-match")));
    return new DatabaseCard("1", "/sites/1/databases", List.of(row), "sse:database-is-ACTIVE-1", "/sites/1/databases",
        "s200001", HOSTILE, "k", List.of(words.say("database.refused.database-name-invalid")), null);
  }

  private BackupCard backups() {
    var proven = words.say("backup.proven.PROVEN", "42 s", "web-2");
    var rows = List.of(entry("1", "FULL", state("busy", "backup.status.RUNNING"), null, null, List.of(), null),
        entry("2", "FULL", state("ok", "backup.status.COMPLETED"), state("ok", "backup.proof.PROVEN"), proven,
            List.of(), null),
        entry("3", "DATABASE", state("busy", "backup.activity.PROVING"), state("quiet", "backup.proof.UNPROVEN"), null,
            List.of(), null));
    return new BackupCard("/sites/1/backups", rows, "sse:backup-is-UNPROVEN-1", "/sites/1/schedules", "/backups?site=1",
        null, types(), "k",
        List.of(), new BackupCard.Undo(words.say("restore.undo.files", 3), words.moment(now.minus(Duration.ofHours(3))),
            words.moment(now.plus(Duration.ofDays(6))), "/sites/1/backups/undo-restore"),
        List.of(), "", null);
  }

  private BackupCard backupsFailing() {
    var rows = List.of(
        entry("1", "FULL", state("bad", "backup.status.FAILED"), null, null, List.of(),
            words.say("operation.error.NO_ROOM") + HOSTILE),
        entry("2", "FULL", state("ok", "backup.status.COMPLETED"), state("bad", "backup.proof.BROKEN"),
            words.say("backup.proven.BROKEN", "42 s", "web-" + "2".repeat(60)),
            List.of(words.say("backup.reason.FILE_MISSING") + ": current/wp-content/" + "uploads/".repeat(20) + HOSTILE,
                words.say("backup.reason.TABLE_CHANGED") + ": wp_posts", words.say("backup.reasons.more", 12)),
            null));
    return new BackupCard("/sites/1/backups", rows, "sse:backup-is-RUNNING-1", "/sites/1/schedules", null,
        "/sites/1/backups", types(), "k",
        List.of(words.say("backup.refused.exclude-invalid")), null, places(), "../" + HOSTILE, null);
  }

  private BackupEntry entry(String id, String type, Badge state, Badge proof, String proven, List<String> reasons,
      String failure) {
    String here = "/sites/1/backups/" + id;
    boolean idle = "ok".equals(state.tone());
    return new BackupEntry(id, words.say("backup.type." + type), words.moment(now.minus(Duration.ofHours(5))), state,
        proof, proof == null
            ? ""
            : words.say("backup.facts", words.bytes(428_000_000), 20_412, 2,
                words.bytes(1_204_000)),
        proven, proven == null ? null : words.moment(now.minus(Duration.ofHours(2))),
        proven == null ? null : words.say("backup.skipped", words.say("backup.skipped.answer.network")), reasons,
        failure,
        idle ? here + "/verify" : null, idle ? here + "/restore" : null,
        idle ? here + "/downloads" : null,
        idle || failure != null ? here + "/remove" : null, "2".equals(id), idle ? here + "/pin" : null);
  }

  private List<Choice> types() {
    return List.of(new Choice("full", words.say("backup.type.FULL"), true),
        new Choice("files", words.say("backup.type.FILES"), false),
        new Choice("database", words.say("backup.type.DATABASE"), false));
  }

  private void schedules() {
    var form = new ScheduleForm("full", "30 2 * * *", "Europe/Berlin", "", true, "60", "7", "1", "7", "4", "6", "0", "",
        "", true, "2", "shared/cache\n**/*.log");
    var when = words.say("schedule.daily", "02:30", words.say("schedule.zone", "Berlin"));
    var preview = new SchedulePage.Preview(when, List.of("Thu, Nov 26, 2026, 2:34 AM", "Fri, Nov 27, 2026, 2:34 AM",
        "Sat, Nov 28, 2026, 2:34 AM", "Sun, Nov 29, 2026, 2:34 AM", "Mon, Nov 30, 2026, 2:34 AM"),
        words.say("schedule.goes", 3, words.bytes(48_000_000)));
    var lines = List.of(scheduleLine("FULL", when, "ok", "on"), scheduleLine("DATABASE",
        words.say("schedule.every-hours", 6, 0, "UTC"), "quiet", "off"));
    add("schedules", "backups/schedules", "page", schedulePage("shop.acme.example", lines, form, Faults.NONE, preview));
    add("schedules-empty", "backups/schedules", "page",
        schedulePage("shop.acme.example", List.of(), form, Faults.NONE, preview));
    add("schedules-failing", "backups/schedules", "page",
        schedulePage(LONG, lines,
            new ScheduleForm("full", "* * * * *" + HOSTILE, "Berlin", "18:00-18:00", true, "1", "7",
                "-1", "x", "", "", "", "", "", true, "", HOSTILE),
            Faults.at("cron", words.say("schedule.refused.too-often")), null));
  }

  private SchedulePage.Line scheduleLine(String type, String when, String tone, String state) {
    return new SchedulePage.Line(words.say("backup.type." + type), when,
        words.say("schedule.keeps",
            words.say("schedule.keeps.daily", 7) + ", " + words.say("schedule.keeps.weekly", 4)),
        "ok".equals(tone) ? "Thu, Nov 26, 2026, 2:34 AM" : null, state(tone, "schedule." + state),
        "/sites/1/schedules?edit=1", "/sites/1/schedules/1/remove");
  }

  private SchedulePage schedulePage(String domain, List<SchedulePage.Line> lines, ScheduleForm form, Faults faults,
      SchedulePage.Preview preview) {
    var tones = List.of("ok", "busy", "ok", "bad", "warn", "quiet");
    var kinds = List.of("proven", "made", "proven", "missed", "late", "planned");
    var days = IntStream.range(0, 28)
        .mapToObj(n -> new SchedulePage.Day("Thursday, November " + n, "" + (n + 1), n == 26,
            IntStream.range(0, n == 27 ? 1 : 1 + n % 3).mapToObj(run -> (n + run) % 5)
                .map(kind -> n == 27 ? 5 : kind).map(kind -> new SchedulePage.Mark(tones.get(kind),
                    words.say("schedule.run." + kinds.get(kind), "02:34", words.say("backup.type.FULL"))))
                .toList()))
        .toList();
    return new SchedulePage(domain, "/sites/1#backups", "/sites/1/schedules", true, lines, form, faults,
        "/sites/1/schedules", false, types(), List.of("Europe/Berlin", "UTC"), preview, days, "site/1", places());
  }

  private List<Choice> places() {
    return List.of(new Choice("", words.say("target.usual", words.say("target.local")), false),
        new Choice("1", words.say("target.local"), false), new Choice("2", "Storage box", true));
  }

  private void notifications() {
    var sent = words.moment(now.minusSeconds(5_000));
    var failures = words.say("notifications.tells.at-once", String.join(", ",
        words.say("notifications.short.backup-failed"), words.say("notifications.short.run-missed"),
        words.say("notifications.short.backup-broken"), words.say("notifications.short.operation-failed")));
    var own = new ChannelsPage.Line("ada@acme.example", "ada@acme.example", words.say("notifications.kind.email"),
        List.of(failures), state("ok", "notifications.state.works"), null, sent, "/notifications/1");
    var room = new ChannelsPage.Line("Team room " + HOSTILE, "hooks.slack.example",
        words.say("notifications.kind.slack"),
        List.of(failures, words.say("notifications.tells.daily", words.say("notifications.short.backup-proven"))),
        state("bad", "notifications.state.fails"), words.say("notifications.error.http-status") + " (404)", sent,
        "/notifications/2");
    var off = new ChannelsPage.Line("On call", LONG, words.say("notifications.kind.webhook"),
        List.of(words.say("notifications.tells.nothing")), state("quiet", "notifications.state.unused"), null, null,
        "/notifications/3");
    add("notifications", "notifications/list", "page",
        new ChannelsPage(false, "Acme Webshops", List.of(own), List.of(room, off)));
    add("notifications-failing", "notifications/list", "page",
        new ChannelsPage(true, "Acme Webshops", List.of(own, off), List.of()));
    add("notification-new", "notifications/channel", "page", channel(null, Faults.NONE, null, List.of()));
    add("notification-new-failing", "notifications/channel", "page",
        channel(null, Faults.at("target", words.say("channel.refused.url-not-secure")), null, List.of()));
    var deliveries = List.of(
        new ChannelPage.Delivery(words.say("notifications.delivery.about", LONG,
            words.say("notifications.short.backup-failed")), state("warn", "notifications.delivery.status.again"),
            words.say("notifications.error.http-status") + " (503)", words.moment(now.plusSeconds(800)), 3, sent),
        new ChannelPage.Delivery(words.say("notifications.delivery.test"),
            state("ok", "notifications.delivery.status.sent"), null, null, 1, sent),
        new ChannelPage.Delivery(words.say("notifications.delivery.digest"),
            state("bad", "notifications.delivery.status.failed"), words.say("notifications.error.http-timeout"), null,
            8,
            sent));
    add("notification", "notifications/channel", "page", channel(room, Faults.NONE, null, deliveries));
    add("notification-made", "notifications/channel", "page",
        channel(off, Faults.NONE, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr", List.of()));
  }

  private ChannelPage channel(ChannelsPage.@Nullable Line line, Faults faults, @Nullable String secret,
      List<ChannelPage.Delivery> deliveries) {
    var form = new ChannelForm("webhook", true, line == null ? "" : line.name(), "", List.of("backup.failed"),
        List.of("backup.proven"), "Europe/Berlin", "8", "en", true);
    var events = Stream.of("backup-failed", "run-missed", "backup-broken", "operation-failed", "backup-succeeded",
        "backup-proven").map(
            event -> new ChannelPage.Event(event, words.say("notifications.event." + event), event.endsWith("failed"),
                event.endsWith("proven")))
        .toList();
    var kinds = Stream.of("email", "webhook", "slack")
        .map(kind -> new Choice(kind, words.say("notifications.kind." + kind), kind.equals("webhook"))).toList();
    return new ChannelPage(line == null ? words.say("notifications.new") : line.name(), line, "/notifications/2", form,
        faults, false, line == null ? kinds : List.of(), line == null, false, line == null ? "" : line.target(), events,
        List.of(new Choice("8", "08:00", true), new Choice("9", "09:00", false)),
        List.of(new Choice("en", "English", true), new Choice("de", "Deutsch", false)), List.of("Europe/Berlin", "UTC"),
        line == null ? null : words.moment(now.plusSeconds(40_000)), secret, deliveries,
        new Pager(null, deliveries.isEmpty() ? null : "/notifications/2?before=1"));
  }

  private void targets() {
    var ready = state("ok", "target.status.READY");
    var lines = List.of(
        new TargetPage.Line(words.say("target.local"), words.say("target.kind.LOCAL"), null,
            words.say("target.local.where"), ready, false, false, words.say("target.load", 3, words.bytes(5_000_000)),
            "/backups/targets/1/default", null),
        new TargetPage.Line("Storage box", words.say("target.kind.SFTP"), "/backups/targets/2",
            "sftp://u12345@u12345.box.example:23/backups", ready, true, false,
            words.say("target.load", 12, words.bytes(9_884_901_888L)), null, null),
        new TargetPage.Line("Glacier", words.say("target.kind.S3"), "/backups/targets/3",
            "https://s3.eu-central-1.amazonaws.com/acme/chom", state("bad", "target.status.UNREACHABLE"), false, false,
            words.say("target.load", 1, words.bytes(88_000_000)), "/backups/targets/3/default",
            "s3.eu-central-1.amazonaws.com refuses the access key" + HOSTILE),
        new TargetPage.Line("Berlin", words.say("target.kind.REST"), null, "", ready, false, true,
            words.say("target.load", 0, words.bytes(0)), "/backups/targets/4/default", null));
    var kinds = Stream.of("SFTP", "S3", "REST", "SERVER").map(kind -> new TargetPage.Kind(
        words.say("target.kind." + kind), words.say("target.kind.text." + kind), "server-2", "/backups/targets/new"))
        .toList();
    add("targets", "backups/targets", "faults", Faults.NONE, "page",
        new TargetPage.Overview(lines, true, kinds, false));
    add("targets-failing", "backups/targets", "faults", Faults.general(words.say("target.refused.target-not-ready")),
        "page", new TargetPage.Overview(lines, true, kinds, true));
    var servers = List.of(new Choice("1", "web-1", false), new Choice("2", "web-2", true));
    for (var kind : List.of("sftp", "s3", "rest", "server", "local")) {
      add("target-add-" + kind, "backups/target-add", "page",
          new TargetPage.Add(kind, words.say("target.add", words.say("target.kind." + kind.toUpperCase(Locale.ROOT))),
              words.say("target.kind.text." + kind.toUpperCase(Locale.ROOT)), targetForm(kind, null), Faults.NONE,
              servers, kind.equals("local")));
    }
    add("target-add-failing", "backups/target-add", "page",
        new TargetPage.Add("s3", words.say("target.add", "S3"), words.say("target.kind.text.S3"),
            targetForm("s3", "https://user:pw@169.254.169.254/x" + HOSTILE),
            new Faults(List.of(words.say("target.not-reached", "connection refused " + HOSTILE)),
                Map.of("location", List.of(words.say("target.refused.target-location-with-login")), "authorities",
                    List.of(words.say("target.refused.target-authorities-invalid")))),
            servers, false));
    add("target", "backups/target", "mayChange", true, "mayForget", true, "page",
        target("Storage box", ready, false, Faults.NONE));
    add("target-new", "backups/target", "mayChange", true, "page",
        target("Storage box", state("warn", "target.status.NEW"), true, Faults.NONE));
    add("target-failing", "backups/target", "mayChange", true, "page",
        target(LONG, state("bad", "target.status.UNREACHABLE"), false,
            new Faults(List.of(words.say("target.server-away")),
                Map.of("fingerprint", List.of(words.say("target.refused.fingerprint-differs")), "typedName",
                    List.of(words.say("target.refused.target-in-use"))))));
    add("target-forget", "backups/forget", "page", new TargetPage.Forget("Storage box", "/backups/targets/2",
        words.say("target.forget.lost", 12), List.of("shop.example"), List.of("shop.example", "blog.example"),
        Faults.at("typedName", words.say("target.refused.name-does-not-match"))));
    add("target-seen", "backups/target", "mayChange", false, "page", target("Storage box", ready, false, Faults.NONE));
  }

  private static TargetForm targetForm(String kind, String location) {
    return new TargetForm(kind, "Storage box", location, "AKIA", null, "eu-central-1", null, "2048", "", "2", "2");
  }

  private TargetPage.Detail target(String name, Badge state, boolean fresh, Faults faults) {
    return new TargetPage.Detail(name, "/backups/targets/2", words.say("target.kind.SFTP"), state,
        "sftp://u12345@u12345.box.example:23/backups",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3Tz5kq0a0tSx0cN1mWk8mQk0yq2f3uQpQ1c7pXwYvZ",
        "SHA256:Xm3k7vEoUOZr9pWc1bLqJ4dN8sTyH2fGaK6iR5jM0eQ", null, false, null,
        !fresh, fresh ? null : words.moment(now.minus(Duration.ofMinutes(12))),
        faults.none() ? null : "u12345.box.example: connection refused " + HOSTILE,
        words.say("target.load", fresh ? 0 : 12, words.bytes(fresh ? 0 : 9_884_901_888L)), !fresh, fresh, true,
        !fresh, targetForm("sftp", null), faults);
  }

  private void backupLists() {
    var none = new Pager(null, null);
    add("backups", "backups/list", "page", backupList(backupRows(4), none, false));
    add("backups-full", "backups/list", "page",
        backupList(backupRows(15), new Pager("/backups", "/backups?before=7"), false));
    add("backups-empty", "backups/list", "page", backupList(List.of(), none, true));
    add("backups-none-found", "backups/list", "page", backupList(List.of(), none, false));
    downloads(List.of(new Choice("full", words.say("restore.part.FULL"), true),
        new Choice("files", words.say("restore.part.FILES"), false),
        new Choice("database", words.say("restore.part.DATABASE"), false),
        new Choice("database:shop", words.say("restore.part.one", "shop"), false)));
    restores();
    add("backup-remove", "sites/confirm", "page",
        new ConfirmPage("shop.acme.example", "/sites/1#backups", words.say("backup.remove.title", "shop.acme.example"),
            words.say("backup.remove.text", words.say("backup.type.FULL"), words.moment(now).exact()),
            words.say("backup.remove"), "/sites/1/backups/2/remove", "/sites/1/backups/2/remove?plan=true", plan(),
            true,
            false, List.of(), null));
  }

  private void downloads(List<Choice> parts) {
    var here = "/sites/1/backups/2/downloads";
    var ready = new DownloadPage.Link("/downloads/1?token=t",
        words.say("download.ready.text", words.moment(now).exact(), 5));
    var links = List.of(
        new DownloadPage.Line(words.say("restore.part.FULL"), "admin@acme.example",
            new Badge("quiet", words.say("download.state.used", 0, 5)), words.moment(now.plus(Duration.ofMinutes(59))),
            here + "/1/revoke"),
        new DownloadPage.Line("shared/uploads/" + HOSTILE + LONG, "admin@acme.example",
            state("busy", "download.state.running"), words.moment(now.plus(Duration.ofMinutes(20))),
            here + "/2/revoke"),
        new DownloadPage.Line(words.say("restore.part.one", "shop"), "owner@acme.example",
            new Badge("warn", words.say("download.state.broken", 2, 5)), words.moment(now.plus(Duration.ofMinutes(3))),
            here + "/3/revoke"));
    add("backup-download", "backups/download", "page",
        download("shop.acme.example", parts, "", Faults.NONE, null, List.of()));
    add("backup-download-ready", "backups/download", "page",
        download("shop.acme.example", parts, "", Faults.NONE, ready, links));
    add("backup-download-failing", "backups/download", "page", download(LONG, parts, "../" + HOSTILE,
        Faults.at("path", words.say("download.refused.path-invalid")), null, links));
  }

  private DownloadPage download(String domain, List<Choice> parts, String path, Faults faults,
      DownloadPage.Link link, List<DownloadPage.Line> links) {
    return new DownloadPage(domain, "/sites/1#backups", words.say("backup.type.FULL"),
        words.moment(now.minus(Duration.ofHours(5))), state("ok", "backup.proof.PROVEN"),
        "/sites/1/backups/2/downloads", parts, path, true, faults, link, links);
  }

  private void restores() {
    var here = "/sites/1/backups/2/restore";
    add("backup-restore", "sites/restore", "page",
        restore("shop.acme.example", words.say("restore.title", "shop.acme.example"), List.of(),
            where("here", false, ""), form("shop.acme.example", null, List.of()), here + "?plan=true", plan(), null,
            null));
    add("backup-restore-failing", "sites/restore", "page",
        restore(LONG, words.say("restore.title.into", LONG, LONG),
            List.of("/shared/wp-content/" + "uploads/".repeat(12) + "picture.jpg", "/shared/" + HOSTILE),
            where("other", false, ""), form(LONG, null, List.of(words.say("backup.refused.name-does-not-match"))),
            here + "?plan=true",
            new PlanView(List.of(), List.of(), words.say("plan.away", words.say("backup.server"))),
            words.say("restore.warning.BROKEN"), null));
    add("backup-restore-other", "sites/restore", "page",
        restore("shop.acme.example", words.say("restore.title.other", "shop.acme.example"), List.of(),
            where("other", true, ""), form(null, null, List.of()), null, null, null,
            words.say("backup.refused.out-of-reach", "web-1", "web-2")));
    add("backup-restore-new", "sites/restore", "page",
        restore("shop.acme.example", words.say("restore.title.new", "shop.acme.example"), List.of(),
            where("new", false, "copy.acme.example"), form(null, true, List.of()), null, null,
            words.say("restore.warning.UNPROVEN"), null));
    var fields = List.of(new RestorePage.Field("into", "new"));
    var trail = List.of(new ContentsPage.Crumb(words.say("contents.home"), ""),
        new ContentsPage.Crumb("shared", "shared"), new ContentsPage.Crumb("wp-content", "shared/wp-content"));
    add("backup-contents", "sites/contents", "page",
        contents("shop.acme.example", trail, fields, List.of(new ContentsPage.Picked("shared/.env", "/shared/.env")),
            contentRows(), "1z", "path", null));
    add("backup-contents-empty", "sites/contents", "page",
        contents("shop.acme.example", trail, fields, List.of(), List.of(), null, "path", null));
    add("backup-contents-asking", "sites/contents", "page",
        contents("shop.acme.example", trail, fields, List.of(), null, null, "path", null));
    add("backup-contents-failing", "sites/contents", "page",
        contents(LONG, trail, fields, List.of(), null, null, "path", words.say("contents.away")));
  }

  private RestorePage restore(String domain, String title, List<String> picked, RestorePage.Where where,
      RestorePage.Form form, String planHref, PlanView plan, String warning, String trouble) {
    var here = "/sites/1/backups/2/restore";
    var parts = List.of(new RestorePage.Link(words.say("restore.part.FULL"), here, picked.isEmpty()),
        new RestorePage.Link(words.say("restore.part.FILES"), here, false),
        new RestorePage.Link(words.say("restore.part.DATABASE"), here, false),
        new RestorePage.Link(words.say("restore.part.one", "shop"), here, false));
    return new RestorePage(domain, title, "/sites/1#backups", here,
        new RestorePage.What(words.say("backup.type.FULL"), words.moment(now.minus(Duration.ofHours(5))),
            warning == null ? state("ok", "backup.proof.PROVEN") : state("bad", "backup.proof.BROKEN"), parts, picked,
            "/sites/1/backups/2/contents", "/sites/1/backups/2/downloads"),
        where, form, planHref, plan, warning, trouble);
  }

  private RestorePage.Where where(String into, boolean choose, String domain) {
    var here = "/sites/1/backups/2/restore";
    return new RestorePage.Where(
        List.of(new RestorePage.Link(words.say("restore.place.here"), here, into.equals("here")),
            new RestorePage.Link(words.say("restore.place.other"), here, into.equals("other")),
            new RestorePage.Link(words.say("restore.place.new"), here, into.equals("new"))),
        choose,
        choose ? List.of(new Choice("2", "blog.acme.example", false), new Choice("3", LONG, true)) : List.of(),
        List.of(new RestorePage.Field("into", into)), into.equals("new"), domain);
  }

  private RestorePage.Form form(String typed, Boolean adapt, List<String> faults) {
    return new RestorePage.Form(List.of(new RestorePage.Field("what", "full")), typed, adapt, "k", faults);
  }

  private ContentsPage contents(String domain, List<ContentsPage.Crumb> trail, List<RestorePage.Field> fields,
      List<ContentsPage.Picked> elsewhere, List<ContentsPage.Row> rows, String next, String pick, String trouble) {
    var here = "/sites/1/backups/2/contents";
    return new ContentsPage(domain, here, "/sites/1/backups/2/restore", words.say("backup.type.FULL"),
        words.moment(now.minus(Duration.ofHours(5))), state("ok", "backup.proof.PROVEN"),
        List.of(new RestorePage.Link(words.say("contents.files"), here, true),
            new RestorePage.Link(words.say("contents.databases"), here, false)),
        trail, "shared/wp-content", fields, elsewhere, here + "?list=true", rows, next, pick, 1,
        "/sites/1/backups/2/restore", trouble);
  }

  private List<ContentsPage.Row> contentRows() {
    var rows = new ArrayList<ContentsPage.Row>();
    var changed = words.moment(now.minus(Duration.ofDays(9)));
    rows.add(new ContentsPage.Row("a/uploads", "uploads", "folder", words.say("contents.type.directory"),
        words.say("contents.facts.directory", words.bytes(428_000_000), 20_412), changed, "a/uploads", null, false));
    rows.add(new ContentsPage.Row("a/index.php", "index.php", "file-text", words.say("contents.type.file"),
        words.bytes(4_211), changed, null, null, true));
    rows.add(new ContentsPage.Row("a/x", "a-very-long-name-".repeat(9) + HOSTILE, "file-text",
        words.say("contents.type.file"), words.bytes(12), null, null, null, false));
    return rows;
  }

  private BackupList backupList(List<BackupRow> rows, Pager pager, boolean untouched) {
    return new BackupList(rows, words.bytes(12_884_901_888L),
        List.of(new Choice("1", "shop.acme.example", false), new Choice("2", LONG, false)), types(), choices(), pager,
        "/backups", untouched,
        untouched
            ? List.of()
            : List.of(
                new BackupList.Storage("shop.acme.example", "/backups?site=1", "Storage box", "12",
                    words.bytes(9_884_901_888L)),
                new BackupList.Storage(LONG, "/backups?site=2", words.say("target.local"), "3",
                    words.bytes(3_000_000_000L))));
  }

  private List<BackupRow> backupRows(int count) {
    var rows = new ArrayList<BackupRow>();
    for (int i = 0; i < count; i++) {
      boolean failed = i % 4 == 1;
      boolean gone = i % 4 == 3;
      var proof = i % 4 == 0
          ? state("ok", "backup.proof.PROVEN")
          : i % 4 == 2 ? state("bad", "backup.proof.BROKEN") : state("quiet", "backup.proof.UNPROVEN");
      rows.add(new BackupRow("" + i, gone ? null : "/sites/1#backups", gone ? LONG : "shop.acme.example",
          words.say("backup.type." + (i % 2 == 0 ? "FULL" : "DATABASE")),
          failed ? state("bad", "backup.status.FAILED") : state("ok", "backup.status.COMPLETED"),
          failed ? null : proof, failed ? "" : words.bytes(300_000_000L * (i + 1)),
          words.moment(now.minus(Duration.ofHours(1 + i * 9L))),
          failed ? words.say("operation.error.BACKUP_INCOMPLETE") + HOSTILE : null,
          gone ? "/sites/1/backups/2/restore" : null, gone ? "/sites/1/backups/2/remove" : null,
          i % 3 == 0 ? "Storage box" : words.say("target.local"), failed ? null : "/sites/1/backups/2/downloads"));
    }
    return rows;
  }

  private CertificateCard certificate(boolean ready, String failure) {
    var end = now.plus(Duration.ofDays(64));
    return ready
        ? new CertificateCard(state("ok", "certificate.status.ACTIVE"), "CN=R11,O=Let's Encrypt,C=US", words.date(end),
            words.moment(end), words.moment(now.plus(Duration.ofDays(34))),
            "acme.example does not answer: connection refused " + HOSTILE, words.moment(now.minus(Duration.ofHours(2))),
            null,
            "/sites/1/certificate", words.say("certificate.renew"), List.of())
        : new CertificateCard(state("bad", "certificate.status.FAILED"), null, null, null, null, failure,
            failure == null ? null : words.moment(now.minus(Duration.ofHours(2))),
            new DomainProof(LONG, "203.0.113.7", "_chom." + LONG, "chom-site=019396b0-0000-7000-8000-000000000001"),
            "/sites/1/certificate", words.say("certificate.issue"),
            failure == null ? List.of() : List.of(words.say("site.refused.domain-not-proven")));
  }

  private List<DeletedRow> deleted() {
    return List.of(
        new DeletedRow("old.acme.example", "web-1", words.moment(now.minus(Duration.ofHours(2))),
            words.moment(now.plus(Duration.ofDays(6))), "/sites/8/undo-deletion"),
        new DeletedRow(LONG, "web-1", words.moment(now.minus(Duration.ofDays(5))),
            words.moment(now.plus(Duration.ofDays(2))), ""));
  }

  private ConfirmPage confirm(String domain, PlanView plan, boolean purge, List<String> faults) {
    return new ConfirmPage(domain, "/sites/1", words.say("site.delete.title", domain),
        purge ? words.say("site.delete.purge.text") : words.say("site.delete.keep.text", 7),
        words.say(purge ? "site.delete.purge" : "site.delete"), "/sites/1/delete", "/sites/1/delete?plan=true", plan,
        true, purge, faults,
        new ConfirmPage.Other(words.say("site.delete.purge.instead"), "/sites/1/delete?purge=true"));
  }

  private PlanView plan() {
    return new PlanView(List.of(
        new PlanView.Step(words.say("plan.change.remove"), "virtual host of shop.acme.example",
            "/etc/nginx/chom/sites/s200001.conf",
            "@@ -1,4 +0,0 @@\n-# Written by vpsmanager\n-server {\n-  server_name shop.acme.example;" + HOSTILE
                + "\n-}"),
        new PlanView.Step(words.say("plan.change.reload"), "web server", "nginx", null),
        new PlanView.Step(words.say("plan.change.remove"), "its files, kept as /srv/chom/retained/s200001",
            "/srv/chom/sites/s200001", null)),
        List.of(words.say("plan.change.reload") + ": nginx"), null);
  }

  private SitePage site(String domain, Badge state, String failure) {
    boolean ready = "ok".equals(state.tone());
    return new SitePage("1", "/sites/1", domain, state, words.say("sites.kind.php.version", "8.2"), "web-1",
        "203.0.113.7", ready ? "/srv/chom/sites/s200001/current" : words.say("site.folder.none"), "s200001", "412 MB",
        ready ? words.moment(now.minus(Duration.ofMinutes(4))) : null,
        certificate(ready, failure),
        words.moment(now.minus(Duration.ofDays(3))), ready ? "http://" + domain : null, failure,
        ready ? List.of(done()) : List.of(failure == null ? running() : failed(), done()), "site:1",
        "sse:site-is-ACTIVE-1", true,
        "/sites/1/delete", failure == null ? null : "/sites/1/try-again",
        ready ? "/sites/1/disable" : null, null);
  }

  private void operations() {
    var rows = List.of(running(), waiting(), queued(), failed(), done(), cancelled());
    var many = new ArrayList<OperationLine>();
    for (int i = 0; i < 5; i++) {
      many.addAll(rows);
    }
    add("operations", "operations/list", "page", operationList(rows, new Pager(null, null)));
    add("operations-full", "operations/list", "page",
        operationList(many, new Pager("/operations", "/operations?before=3")));
    add("operations-empty", "operations/list", "page", operationList(List.of(), new Pager(null, null)));
    add("operation", "operations/detail", "page", operation(running(), LOG, "operation:1"));
    add("operation-waiting", "operations/detail", "page", operation(waiting(), LOG, "operation:1"));
    add("operation-failing", "operations/detail", "page", operation(failed(), LOG + HOSTILE + "\n", null));
    add("operation-done", "operations/detail", "page", operation(done(), LOG.repeat(12), null));
    add("operation-queued", "operations/detail", "page", operation(queued(), "", "operation:1"));
    add("operation-again", "operations/detail", "page", operation(again(), LOG, "operation:1"));
    add("operation-silent", "operations/detail", "page", operation(cancelled(), "", null));
  }

  private OperationList operationList(List<OperationLine> rows, Pager pager) {
    return new OperationList(rows, choices(), pager, "/operations", words.say("operations.empty.title"),
        words.say("operations.empty.text"));
  }

  private OperationPage operation(OperationLine line, String log, String topics) {
    return new OperationPage(line, line.href(), topics, "/sites/1", "1", log, log.length(), null,
        line.active() ? line.href() + "/cancel" : null, line.waiting() == null ? null : line.href() + "/give-up",
        line.href() + "/retry", null, line.fault() == null ? null : "/operations/2",
        line.active() || line.fault() != null ? null : line.href() + "/undo");
  }

  private static final String LOG = """
      Checking the domain
      Creating the system user s200001 (uid 200001)
      Writing /etc/php/8.2/fpm/pool.d/s200001.conf
      php-fpm: configuration file test is successful
      Writing /etc/nginx/sites-enabled/s200001.conf
      nginx: configuration file /etc/nginx/nginx.conf test is successful
      Waiting for the new workers
      """;

  private List<Choice> statuses() {
    return Arrays.stream(ServerStatus.values())
        .map(status -> new Choice(status.name(), words.say("server.status." + status), false)).toList();
  }

  private void servers() {
    var good = server("web-1", state("ok", "server.status.READY"), null);
    var bad = server("web-2", state("bad", "server.status.UNREACHABLE"), words.say("server.trouble.TCP"));
    var changed = server("web-3", state("bad", "server.status.HOST_KEY_CHANGED"), words.say("server.trouble.HOST_KEY"));
    var fresh = new ServerRow("4", "/servers/4", "web-4", "[2001:db8::4]:2222",
        state("busy", "server.status.PREPARING"), null, words.say("servers.system.unknown"),
        words.say("servers.agent.none"), words.say("servers.sites.of", 0, 50), null);
    add("servers", "servers/list", "page", new ServerList(List.of(good, bad, changed, fresh), "",
        statuses(), new Pager(null, "/servers?before=4"), "/servers", false,
        List.of(server("web-0", state("quiet", "server.status.DECOMMISSIONED"), null)), List.of(),
        List.of(words.say("servers.cut-off", "panel-2", 9, 12, "2 min")), "/servers/upgrade"));
    add("servers-empty", "servers/list", "page", new ServerList(List.of(), "", statuses(),
        new Pager(null, null), "/servers", true, List.of(),
        List.of("The demo server needs jq: install it (Debian, Ubuntu: apt-get install jq) and start CHOM again"),
        List.of(), null));
    add("server", "servers/detail", "page", serverPage(good, null));
    add("server-in-maintenance", "servers/detail", "page",
        serverPage(server("web-1", state("warn", "server.status.MAINTENANCE"), null), null));
    add("server-failing", "servers/detail", "page", serverPage(bad, null));
    add("server-key-changed", "servers/detail", "page",
        serverPage(changed, "SHA256:Zk1sV0c3m1o4yq4cQ8v3B2uHn3bS9mS8m1y2o3p4q5r"));
    add("enrol", "servers/enrol", "form", new EnrolForm("", "22"), "faults", Faults.NONE);
    add("enrol-failing", "servers/enrol", "form", new EnrolForm("web-9.example", "22"), "faults",
        Faults.at("host", words.say("server.trouble.DNS")));
    var approve = new ApprovePage("/servers/enrol/1", "203.0.113.7:22", "ssh-ed25519",
        "SHA256:b6cJb0hYw8m0b1l2c3d4e5f6g7h8i9j0k1l2m3n4o5p");
    add("approve", "servers/approve", "page", approve, "form",
        new ApproveForm(false, null, "root", null, null, null, null, "web-4"), "faults", Faults.NONE);
    add("approve-failing", "servers/approve", "page", approve, "form",
        new ApproveForm(false, null, "root", null, "-----BEGIN", null, null, HOSTILE), "faults",
        Faults.at("approved", words.say("enrol.approve.missing")));
  }

  private ServerRow server(String name, Badge state, String trouble) {
    return new ServerRow(name, "/servers/" + name, name, "203.0.113.7:22", state, trouble, "Debian GNU/Linux 12",
        "0.1.0", words.say("servers.sites.of", 3, 50), words.moment(now.minus(Duration.ofSeconds(40))));
  }

  private ServerPage serverPage(ServerRow row, String offered) {
    var failing = row.trouble() == null ? 9 : offered == null ? 1 : 3;
    var names = List.of("DNS", "TCP", "KEX", "HOST_KEY", "AUTH", "AGENT");
    var layers = new ArrayList<ServerPage.Layer>();
    for (int i = 0; i < names.size(); i++) {
      var answer = i < failing
          ? state("ok", "server.layer.ok")
          : i == failing ? state("bad", "server.layer.failed") : state("quiet", "server.layer.unknown");
      layers.add(new ServerPage.Layer(words.say("server.layer." + names.get(i)), answer));
    }
    var figures = List.of(new Figure("", words.say("server.disk"), "12.4 of 40 GB", ""),
        new Figure("", words.say("server.memory"), "1.1 of 4 GB", ""));
    return new ServerPage(row, "server:1", "sse:server-is-READY-1",
        row.trouble() == null ? null : words.say("server.trouble." + names.get(failing) + ".advice"),
        "SHA256:b6cJb0hYw8m0b1l2c3d4e5f6g7h8i9j0k1l2m3n4o5p", offered, "/servers/1/host-key", List.of(), layers,
        figures,
        "8.2, 8.3", List.of(done()), row.trouble() == null ? connected() : givenUp(), words.moment(now),
        offered == null ? "/servers/1/prepare" : null,
        offered == null ? null : "/servers/enrol?host=203.0.113.7&port=22",
        row.state().tone().equals("warn") ? careInMaintenance() : care());
  }

  private CarePage care() {
    return new CarePage(null, null, null, "/servers/1/maintenance", null, words.moment(now.minus(Duration.ofDays(12))),
        "/servers/1/rotate-key", words.say("server.agent.protocol", 1), state("ok", "server.agent.newest"), null,
        List.of(),
        words.moment(now.minus(Duration.ofMinutes(9))), null, "/servers/1/drift", "/servers/1/decommission", null,
        List.of(), List.of());
  }

  private CarePage careInMaintenance() {
    return new CarePage(HOSTILE, words.moment(now.minus(Duration.ofMinutes(40))),
        words.say("server.maintenance.until", "today", "in 2 h"), "/servers/1/maintenance",
        "/servers/1/maintenance/end", words.moment(now.minus(Duration.ofDays(80))), "/servers/1/rotate-key",
        words.say("server.agent.protocol", 1), state("warn", "server.agent.another"), "/servers/1/upgrade",
        List.of(
            new CarePage.Line(state("bad", "server.drift.MISSING_ON_SERVER"), words.say("server.drift.thing.SITE"),
                LONG,
                "active"),
            new CarePage.Line(state("warn", "server.drift.DIFFERENT"), words.say("server.drift.thing.SITE"),
                "shop.acme.example", words.say("server.drift.differs", "active", "disabled"))),
        words.moment(now.minus(Duration.ofMinutes(3))), words.say("server.trouble.TCP"), "/servers/1/drift",
        "/servers/1/decommission", null, List.of(), List.of(words.say("server.refused.UPGRADE_RUNNING")));
  }

  private void connections() {
    var figures = List.of(figure("stack-2", "connections.figure.open", "3",
        words.say("connections.figure.open.note", "2", "1", "1,000")),
        figure("hourglass", "connections.figure.waiting", "2", words.say("connections.figure.waiting.note", "7", "1")),
        figure("clock", "connections.figure.answers", "0.6 ms",
            words.say("connections.figure.answers.note", "1.4 ms",
                words.say("connections.figure.answers.window", 5))),
        figure("key", "connections.figure.logins", "41",
            words.say("connections.figure.logins.note", "12", "1", "0",
                words.moment(now.minus(Duration.ofDays(3))).relative())));
    var unused = new ConnectionRow("/servers/4", "web-4", state("quiet", "connections.circuit.UNUSED"), null,
        "0", "0", null, null, null);
    add("connections", "servers/ssh", "page",
        new ConnectionsPage(words.moment(now), figures, List.of(connected(), givenUp(), unused)));
    add("connections-empty", "servers/ssh", "page", new ConnectionsPage(words.moment(now), figures, List.of()));
  }

  private Figure figure(String icon, String key, String value, String note) {
    return new Figure(icon, words.say(key), value, note);
  }

  private ConnectionRow connected() {
    return new ConnectionRow("/servers/1", "web-1", state("ok", "connections.circuit.CONNECTED"), null,
        words.say("servers.sites.of", 2, 3), words.say("servers.sites.of", 10, 10), words.say("connections.waiting", 2),
        words.moment(now), new ConnectionRow.Fault("The connection was closed: nothing was heard for 45000 ms",
            words.moment(now.minus(Duration.ofMinutes(20)))));
  }

  private ConnectionRow givenUp() {
    return new ConnectionRow("/servers/2", "web-2", state("bad", "connections.circuit.OPEN"),
        words.say("connections.next", words.duration(Duration.ofSeconds(17)), 5), words.say("servers.sites.of", 0, 3),
        "0", null, words.moment(now.minus(Duration.ofMinutes(3))),
        new ConnectionRow.Fault("203.0.113.8:22 did not answer within 10000 ms. Check the address, the port and"
            + " firewalls between.", words.moment(now.minus(Duration.ofSeconds(8)))));
  }

  private void queue() {
    var paused = new QueuePage.Paused("all", words.say("queue.paused", words.say("queue.scope.all")),
        words.say("queue.paused.by", "ada@acme.example", words.moment(now.minusSeconds(200)).relative()) + ". "
            + HOSTILE);
    var lanes = List.of(new QueuePage.ShareRow(words.say("queue.lane.interactive"), "1,204", "48", "3 min 20 s",
        "lane:interactive", false),
        new QueuePage.ShareRow(words.say("queue.lane.scheduled"), "0", "2", "", null, true));
    var servers = List.of(new QueuePage.ShareRow("web-1", "900", "2", "3 min 20 s", "server:1", false),
        new QueuePage.ShareRow(LONG, "12", "2", "4 s", "server:2", false));
    var tenants = List.of(new QueuePage.ShareRow("Acme Webshops", "1,203", "24", "3 min 20 s", null, false),
        new QueuePage.ShareRow("Globex Corporation", "1", "1", "2 s", null, false));
    var running = List.of(
        queueEntry("busy", "RUNNING",
            words.say("queue.owner", "65ab21c7", words.moment(now.plusSeconds(11)).relative())),
        queueEntry("warn", "RUNNING", words.say("operation.waiting", words.moment(now.minusSeconds(70)).relative())));
    var waiting = List.of(queueEntry("quiet", "QUEUED", words.say("queue.place.LINE", 1)),
        queueEntry("quiet", "QUEUED", words.say("queue.place.SERVER", 212)));
    var nodes = List.of(queueNode("panel-1", state("ok", "queue.node.works"), null),
        queueNode("panel-2", state("warn", "queue.node.drains"),
            words.say("queue.paused.by", "ada@acme.example", words.moment(now.minusSeconds(40)).relative())),
        queueNode("panel-3", state("bad", "queue.node.silent"), null));
    var scopes = List.of(new Choice("all", words.say("queue.scope.all"), false));
    add("queue", "queue/page", "page", new QueuePage(queueFigures("1,204", words.count(0)), List.of(), lanes, servers,
        tenants, running, waiting, words.say("queue.more", 1154), nodes, scopes, List.of()));
    add("queue-empty", "queue/page", "page", new QueuePage(queueFigures("0", words.count(0)), List.of(),
        lanes.subList(0, 1), List.of(), List.of(), List.of(), List.of(), null, nodes.subList(0, 1), scopes, List.of()));
    add("queue-failing", "queue/page", "page",
        new QueuePage(queueFigures("1,204", words.say("queue.bells.away")), List.of(paused), lanes, servers, tenants,
            List.of(), waiting, null, List.of(), scopes, List.of(words.say("queue.refused.QUEUE_REASON_TOO_LONG"))));
  }

  private void metrics() {
    var requests = new MetricsPage.Card("requests", words.say("metrics.panel.requests"), null, "quiet",
        List.of(new MetricsPage.Row(words.say("metrics.line.2xx"), "1.25/s", "0/s", "12.5/s"),
            new MetricsPage.Row(HOSTILE, "0.02/s", "0/s", "0.1/s"), new MetricsPage.Row(LONG, "–", "–", "–")),
        "/metrics/requests.csv", List.of());
    var sent = new MetricsPage.Card("sent", words.say("metrics.panel.sent"), null, "quiet",
        List.of(new MetricsPage.Row(words.say("metrics.line.all"), "1.2 MB/s", "0 B/s", "12.5 MB/s")),
        "/metrics/sent.csv", List.of());
    var old = new MetricsPage.Card("duration", words.say("metrics.panel.duration"),
        words.say("metrics.reason.away") + " "
            + words.say("metrics.stale", words.moment(now.minusSeconds(300)).relative()),
        "warn", List.of(new MetricsPage.Row(words.say("metrics.line.p50"), "12 ms", "8 ms", "1,204 ms")),
        "/metrics/duration.csv", List.of(HOSTILE));
    var none = new MetricsPage.Card("php", words.say("metrics.panel.php"), words.say("metrics.empty.php"), "quiet",
        List.of(), null, List.of());
    var away = new MetricsPage.Card("php", words.say("metrics.panel.php"), words.say("metrics.reason.away"), "warn",
        List.of(), null, List.of());
    var ranges = Stream.of("15m", "1h", "6h", "24h", "7d", "30d")
        .map(one -> new Choice("/metrics?range=" + one, words.say("metrics.range." + one), one.equals("1h"))).toList();
    var sites = List.of(new Choice("1", LONG, false));
    add("metrics", "metrics/page", "page",
        new MetricsPage(ranges, "1h", sites, "/metrics?range=1h", List.of(requests, sent)));
    add("metrics-empty", "metrics/page", "page",
        new MetricsPage(ranges, "1h", List.of(), "/metrics?range=1h", List.of(none)));
    add("metrics-failing", "metrics/page", "page",
        new MetricsPage(ranges, "1h", sites, "/metrics?range=1h", List.of(old, away)));
  }

  private List<Figure> queueFigures(String waiting, String bells) {
    return List.of(
        new Figure("hourglass", words.say("queue.figure.waiting"), waiting, words.say("queue.oldest", "3 min 20 s")),
        new Figure("activity", words.say("queue.figure.running"), "50", words.say("queue.figure.running.note")),
        new Figure("stack-2", words.say("queue.figure.places"), words.say("queue.places", 50, 64),
            words.say("queue.figure.places.note", 2)),
        new Figure("bolt", words.say("queue.figure.bells"), bells, words.say("queue.figure.bells.note")));
  }

  private QueuePage.EntryRow queueEntry(String tone, String status, String why) {
    return new QueuePage.EntryRow("QUEUED".equals(status) ? null : "/operations/1",
        words.say("operation.type.site.create"), LONG, "Globex Corporation", "web-1",
        state(tone, "operation.status." + status), why, words.say("queue.lane.interactive"),
        words.moment(now.minusSeconds(95)));
  }

  private QueuePage.NodeRow queueNode(String host, Badge state, String note) {
    return new QueuePage.NodeRow(host, "65ab21c7d0f1", "0.1.0", state, words.say("queue.places", 25, 32),
        words.moment(now.minus(Duration.ofHours(9))), words.moment(now.minusSeconds(3)), note, "/queue/nodes/1/drain",
        note != null);
  }

  private void errors() {
    for (int status : List.of(403, 404, 429, 500, 503)) {
      add("error-" + status, "error/page", "error",
          new ErrorPage(status, words.say("error." + status + ".title"), words.say("error." + status + ".text"), "/",
              words.say("error.home"), status == 500 ? "0199-4f2a" : null));
    }
  }

  private List<SiteRow> rows(int count) {
    var states = List.of(state("ok", "site.status.ACTIVE"), state("busy", "site.status.PROVISIONING"),
        state("bad", "site.status.FAILED"), state("quiet", "site.status.DISABLED"));
    var names = List.of("shop.acme.example", "new.acme.example", LONG, "blog.acme.example", "xn--bcher-kva.example");
    var rows = new ArrayList<SiteRow>();
    for (int i = 0; i < count; i++) {
      rows.add(new SiteRow("" + i, "/sites/" + i, (i < 5 ? "" : i + ".") + names.get(i % 5),
          i % 3 == 1 ? words.say("sites.kind.static") : words.say("sites.kind.php.version", "8.2"),
          "web-" + (1 + i % 2),
          states.get(i % 4), words.megabytes(37L + 401L * i), words.moment(now.minus(Duration.ofHours(1 + i * 7L)))));
    }
    return rows;
  }

  private List<Choice> choices() {
    return List.of(new Choice("ACTIVE", words.say("site.status.ACTIVE"), false),
        new Choice("FAILED", words.say("site.status.FAILED"), false));
  }

  private OperationLine running() {
    return line("RUNNING", "busy", 60, "Writing /etc/nginx/sites-enabled/s200001.conf", true, null, null, null);
  }

  private OperationLine waiting() {
    return line("RUNNING", "warn", 80, "Waiting for the new workers", true,
        words.say("operation.waiting", words.moment(now.minusSeconds(70)).relative()), null, null);
  }

  private OperationLine queued() {
    return line("QUEUED", "quiet", 0, words.say("operation.place.LINE", 3), true, null, null, null);
  }

  private OperationLine again() {
    return line("QUEUED", "quiet", 0,
        words.say("operation.retry.of", words.moment(now.plusSeconds(40)).relative(), 3, 8), true, null,
        words.say("operation.again", words.say("operation.error.BUSY")), null, null);
  }

  private OperationLine failed() {
    return line("FAILED", "bad", 60, "", false, null, words.say("operation.error.CONFIG_REJECTED"), null);
  }

  private OperationLine done() {
    return line("SUCCEEDED", "ok", 100, "", false, null, null, words.say("operation.done", "4 s"));
  }

  private OperationLine cancelled() {
    return line("CANCELLED", "quiet", 20, "", false, null, null, null);
  }

  private OperationLine line(String status, String tone, int progress, String step, boolean active, String waiting,
      String fault, String done) {
    return line(status, tone, progress, step, active, waiting, null, fault, done);
  }

  private OperationLine line(String status, String tone, int progress, String step, boolean active, String waiting,
      String again, String fault, String done) {
    return new OperationLine("0199c0de-0000-7000-8000-000000000001", "/operations/1",
        words.say("operation.type.site.create"), "shop.acme.example", state(tone, "operation.status." + status),
        progress, words.percent(progress), step, active, words.moment(now.minusSeconds(95)),
        words.duration(Duration.ofSeconds(95)), "ada@acme.example", waiting, again, fault,
        fault == null ? null : words.say("operation.error.CONFIG_REJECTED.advice"), done,
        status.equals("CANCELLED") ? words.say("operation.cancelled", "4 s") : null,
        status.equals("CANCELLED") ? List.of("user:s200001", "home:/srv/chom/sites/s200001") : List.of(),
        words.say("operation.cancelled.left"));
  }

  private Badge state(String tone, String key) {
    return new Badge(tone, words.say(key));
  }

  private void add(String name, String view, Object... pairs) {
    var model = new LinkedHashMap<String, Object>();
    for (int i = 0; i < pairs.length; i += 2) {
      model.put((String) pairs[i], pairs[i + 1]);
    }
    all.put(name, new Sample(view, model));
  }
}
