package io.chom.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;

/**
 * No page, no route of the API and no clock reads more of a large installation than what it is about: the database itself
 * says what was read for each statement.
 * The panel goes with its database: others would hear it miss that for the rest of a run.
 */
@DirtiesContext
public abstract class QueryPlans {
  /** The driver prepares a statement on the server after five uses; the server may stop planning it after five more. */
  private static final int TIMES = 12;
  /** A table of this size is not read as a whole. */
  private static final int LARGE = 10_000;
  /** The rows of a page, and what it may pass over to find them: much less than a tenant's backups. */
  private static final int PAGE = 400;
  /** How full the servers of a page of the fleet are. */
  private static final String SITES_OF_SERVERS = "x.server_id = s.id";
  /** What is about all sites of a tenant, and is remembered. */
  private static final List<String> SUMS = List.of("as expiring", "over () as total", "group by r.target_id",
      "order by domain limit", "position(");

  private static LargeDatabase database;

  @LocalServerPort
  int port;

  protected static void start(DynamicPropertyRegistry properties, LargeDatabase.Size size) {
    database = LargeDatabase.of(size);
    var logins = database.logins();
    properties.add("chom.database.url", () -> logins.app().urlWithLogin());
    properties.add("chom.database.migration-url", () -> logins.migration().urlWithLogin());
    properties.add("chom.database.jobs-url", () -> logins.jobs().urlWithLogin());
    database.writeDownPlans();
  }

  @AfterAll
  static void stop() throws IOException {
    database.close();
  }

  @Test
  void nothingReadsMoreThanItIsAbout() {
    var admin = signedIn(database.admin());
    var operator = signedIn(database.operator());
    var asked = ofTenant();
    var refused = new TreeSet<String>();
    for (int time = 0; time < TIMES; time++) {
      asked.stream().filter(path -> admin.get(path).status() != 200).forEach(refused::add);
      ofOperator().stream().filter(path -> operator.get(path).status() != 200).forEach(refused::add);
    }
    assertThat(refused).isEmpty();
    database.askForSomeTenant("select * from proof_places((select server_id from server_allocation where tenant_id = '"
        + database.someTenant() + "' limit 1))");
    var tables = database.tables();
    assertThat(tables.get("site")).isGreaterThan(LARGE);
    var readings = database.readings();
    assertThat(readings.stream().filter(one -> one.statement().contains("order by b.created_at desc")))
        .as("the lists were seen").hasSizeGreaterThan(asked.size());
    assertThat(readings.stream().filter(one -> one.statement().contains("o.server_id = s.id")))
        .as("the choice of a server for a proof was seen").isNotEmpty();
    Map<String, LargeDatabase.Reading> tooMuch = new TreeMap<>();
    readings.stream().filter(one -> tables.containsKey(one.table())).filter(one -> tooMuch(one, tables))
        .forEach(one -> tooMuch.merge(one.statement(), one, (a, b) -> a.rows() > b.rows() ? a : b));
    assertThat(tooMuch.values()).isEmpty();
  }

  private static boolean tooMuch(LargeDatabase.Reading reading, Map<String, Long> tables) {
    long rows = tables.getOrDefault(reading.table(), 0L);
    return reading.node().equals("Seq Scan") && rows > LARGE || rows > PAGE && reading.rows() > allowed(reading);
  }

  private static long allowed(LargeDatabase.Reading reading) {
    var size = database.size();
    if (reading.statement().contains(SITES_OF_SERVERS)) {
      return 51L * size.onServer();
    }
    if (SUMS.stream().noneMatch(reading.statement()::contains)) {
      return PAGE;
    }
    return reading.table().equals("site_backup") ? (long) size.sites() * size.backups() : size.sites();
  }

  private List<String> ofTenant() {
    var site = oneOf("site", "created_at desc, id desc");
    var far = oneOf("site", "created_at, id");
    var backup = database.id("select id from site_backup where site_id = '" + site + "' limit 1");
    var farBackup = oneOf("site_backup", "created_at, id");
    var operation = oneOf("operation", "created_at, id");
    var paths = new ArrayList<>(List.of("/", "/sites", "/sites?before=" + far, "/sites?status=FAILED", "/sites?q=s7",
        "/sites/new", "/sites/" + site, "/sites/" + site + "/delete", "/sites/" + site + "/disable",
        "/sites/" + site + "/schedules", "/sites/" + site + "/databases", "/sites/" + site + "/backups", "/backups",
        "/backups?before=" + farBackup, "/backups?site=" + site, "/backups?type=FILES", "/backups?proof=BROKEN",
        "/backups?proof=BROKEN&before=" + farBackup, "/backups/targets", "/backups/targets/new?kind=sftp",
        "/operations",
        "/operations?before=" + operation, "/operations?status=FAILED", "/operations/" + operation, "/notifications"));
    for (var list : List.of("sites", "sites?before=" + far, "sites?status=FAILED", "sites/" + site, "sites/deleted",
        "sites/" + site + "/backups", "sites/" + site + "/backup-schedules", "sites/" + site + "/backup-runs",
        "sites/" + site + "/databases", "backups", "backups?before=" + farBackup, "backups?type=files&proof=PROVEN",
        "backups/storage", "backup-targets", "operations", "operations?before=" + operation, "notification-channels",
        "me", "sites/" + site + "/backups/" + backup)) {
      paths.add("/api/v1/" + list);
    }
    return paths;
  }

  private static List<String> ofOperator() {
    var server = database.id("select id from vps_server order by lower(name) desc limit 1");
    return List.of("/servers", "/servers?before=" + server, "/servers?status=UNREACHABLE", "/servers/" + server,
        "/queue", "/api/v1/servers?limit=20", "/api/v1/queue");
  }

  /** The twentieth of the tenant's in this order. */
  private static UUID oneOf(String table, String order) {
    return database
        .id("select id from " + table + " where tenant_id = '" + database.someTenant().value() + "' order by "
            + order + " offset 20 limit 1");
  }

  private Browser signedIn(String email) {
    var browser = new Browser(port);
    assertThat(browser.signIn(email, Tenants.PASSWORD).status()).isEqualTo(302);
    return browser;
  }
}
