package io.chom.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.AgentHost.Site;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The real agent on a real host that was bare: what a site is, and what it cannot see of another. */
@Tag("acceptance")
class AgentOnHostAcceptanceIT {

  @RegisterExtension
  static final Rig rig = Rig.ofBare(1);

  private static AgentHost server;
  private static AgentGateway gateway;
  private static AgentGateway.Answer prepared;

  @BeforeAll
  static void prepareABareHost() {
    server = new AgentHost(rig.bare(0)).install();
    gateway = server.gateway();
    prepared = gateway.change("server:prepare", Map.of());
  }

  @AfterAll
  static void hangUp() {
    gateway.close();
  }

  private static Site created(Site site) {
    gateway.change("site:create", site.args()).data();
    return site;
  }

  @Test
  void aBareHostIsPreparedWithProgressToSee() {
    var data = prepared.data();
    assertThat(data.path("os").asString()).isEqualTo("debian 12");
    assertThat(data.path("php_versions").valueStream().map(version -> version.asString())).containsExactly("8.2");
    assertThat(data.path("skipped").valueStream().map(step -> step.asString())).doesNotContain("firewall", "php",
        "fail2ban");
    assertThat(data.path("installed").propertyNames()).contains("nginx", "mariadb-server", "certbot", "restic",
        "nftables", "fail2ban", "unattended-upgrades", "prometheus-node-exporter", "php8.2-fpm");
    var percents = prepared.events().stream().filter(event -> event.path("type").asString().equals("progress"))
        .mapToInt(event -> event.path("percent").asInt()).toArray();
    assertThat(percents).hasSizeGreaterThan(5).isSorted().endsWith(100);
  }

  @Test
  void everyServiceOfAPreparedHostRuns() {
    var services = List.of("nginx", "php8.2-fpm", "mariadb", "fail2ban", "prometheus-node-exporter", "chom-firewall");
    for (var service : services) {
      assertThat(server.host().exec("systemctl", "is-active", service).output()).as(service).startsWith("active");
    }
    assertThat(server.host().exec("systemctl", "--failed", "--no-legend").output()).isEmpty();
    assertThat(gateway.ask("monitor:health", Map.of()).data().path("status").asString()).isEqualTo("ok");
  }

  @Test
  void preparingAgainChangesNothing() {
    assertThat(gateway.change("server:prepare", Map.of()).data().path("installed"))
        .isEqualTo(prepared.data().path("installed"));
  }

  @Test
  void theFirstRequestAtTheMomentOfTheResultIsServedByTheSitesOwnUserTwentyTimesInARow() {
    for (var site : IntStream.range(200_100, 200_120).mapToObj(Site::php).toList()) {
      gateway.change("site:create", site.args()).data();
      var page = server.get(site, "/");
      assertThat(page.status()).as(site.domain()).isEqualTo(200);
      assertThat(page.body()).contains("PHP 8.2").contains("running as " + site.user());
    }
  }

  @Test
  void aStaticSiteServesItsPageAndRunsNoPhp() {
    var site = created(Site.fixed(200_201));
    assertThat(server.get(site, "/").body()).contains(site.domain() + " is ready");
    server.put(site, "page.php", "<?php echo 'run';");
    assertThat(server.get(site, "/page.php").status()).isEqualTo(404);
  }

  @Test
  void aSiteCannotReadAnotherByPhp() {
    var mine = created(Site.php(200_301));
    var other = created(Site.php(200_302));
    server.put(other, "secret.php", "<?php /* other's secret */ return 'other secret';");
    server.get(other, "/secret.php"); // now it is in the code cache
    server.put(mine, "spy.php",
        """
            <?php
            $file = '%s/secret.php';
            echo 'read:', var_export(@file_get_contents($file), true), "\\n";
            echo 'list:', var_export(@scandir('%s'), true), "\\n";
            echo 'tmp:', var_export(@scandir('/tmp'), true), "\\n";
            echo 'passwd:', var_export(@file_get_contents('/etc/passwd'), true), "\\n";
            echo 'cached:', var_export(@include $file, true), "\\n";
            echo 'status:', var_export(function_exists('opcache_get_status') ? @opcache_get_status(true) : false, true), "\\n";
            echo 'reset:', var_export(function_exists('opcache_reset') ? @opcache_reset() : false, true), "\\n";
            echo 'shell:', var_export(function_exists('exec'), true), "\\n";
            """
            .formatted(other.root(), other.root()));
    var page = server.get(mine, "/spy.php");
    assertThat(page.body().lines()).containsExactly("read:false", "list:false", "tmp:false", "passwd:false",
        "cached:false", "status:false", "reset:false", "shell:false");
  }

  @Test
  void aSiteCannotReadAnotherThroughASymbolicLinkOverHttp() {
    var fixed = created(Site.fixed(200_303));
    var php = created(Site.php(200_310));
    var other = created(Site.php(200_304));
    server.put(other, "secret.txt", "other secret");
    assertThat(server.get(other, "/secret.txt").body()).isEqualTo("other secret");
    for (var mine : List.of(fixed, php)) {
      server.shAs(mine, """
          cd %s && ln -s %s/secret.txt file.txt && ln -s %s directory && ln -s /etc etc && ln -s %s script.php
          """.formatted(mine.root(), other.root(), other.root(), other.root() + "/index.php")).text();
      for (var path : List.of("/file.txt", "/directory/secret.txt", "/etc/passwd", "/script.php")) {
        var page = server.get(mine, path);
        assertThat(page.body()).as(path).doesNotContain("other secret", "root:", other.user());
        // a PHP site answers by its own front page what is not there
        assertThat(page.status()).as(path).isIn(mine == php ? List.of(200, 403, 404) : List.of(403, 404));
      }
    }
  }

  @Test
  void aSiteCannotReplaceItsDirectoriesByLinksToAnother() {
    var mine = created(Site.php(200_305));
    var other = created(Site.php(200_306));
    server.put(other, "secret.txt", "other secret");
    var home = "/srv/chom/sites/" + mine.user();
    server.shAs(mine, "cd %s/releases && mv first real && ln -s /srv/chom/sites/%s/releases/first first"
        .formatted(home, other.user())).text();
    assertThat(server.get(mine, "/secret.txt").body()).doesNotContain("other secret");
    assertThat(server.get(mine, "/").body()).doesNotContain(other.user());
  }

  @Test
  void aSitesUserReachesNothingOfAnotherOnTheHost() {
    var mine = created(Site.php(200_307));
    var other = created(Site.php(200_308));
    server.put(other, "secret.txt", "other secret");
    var theirs = other.root() + "/secret.txt";
    assertThat(server.shAs(mine, "cat " + theirs).ok()).isFalse();
    assertThat(server.shAs(mine, "ls /srv/chom/sites/" + other.user()).ok()).isFalse();
    assertThat(server.shAs(mine, "ls /srv/chom/sites").ok()).isFalse();
    assertThat(server.shAs(mine, "ln %s /srv/chom/sites/%s/tmp/hard".formatted(theirs, mine.user())).ok()).isFalse();
    assertThat(
        server.shAs(mine, "ls /srv/chom/sites/%s/tmp /var/log/chom/%s".formatted(other.user(), other.user())).ok())
        .isFalse();
    assertThat(server.shAs(mine, "cat /var/lib/vpsmanager/sites/*.json /etc/vpsmanager/policy.json").ok()).isFalse();
    // its neighbour's PHP, and what the host tells of itself
    assertThat(server.shAs(mine, "php -r 'exit(@stream_socket_client(\"unix:///run/php/chom-%s-8.2.sock\") ? 0 : 7);'"
        .formatted(other.user())).exit()).isEqualTo(7);
    var figures = "php -r 'exit(str_contains((string) @file_get_contents(\"http://127.0.0.1:9100/metrics\"), \"node_\") ? 0 : 7);'";
    assertThat(server.shAs(mine, figures).exit()).isEqualTo(7);
    assertThat(server.host().exec("sh", "-c", figures).exit()).isZero();
  }

  @Test
  void aSitesUserIsInNoGroupButItsOwnAndCannotLogIn() {
    var site = created(Site.php(200_309));
    assertThat(server.host().sh("id -Gn " + site.user())).isEqualTo(site.user());
    assertThat(server.host().sh("getent passwd %s | cut -d: -f7".formatted(site.user())))
        .isEqualTo("/usr/sbin/nologin");
  }

  @Test
  void deletingWithPurgeLeavesTheHostAsItWas() {
    var snapshot = Snapshot.of(server.host());
    var php = created(Site.php(200_401));
    var fixed = created(Site.fixed(200_402));
    server.put(php, "work.php", """
        <?php
        session_start(); $_SESSION['a'] = 1; error_log('said');
        file_put_contents(sys_get_temp_dir() . '/left', 'x'); mkdir(getenv('HOME') . '/shared/deep'); echo 'worked';
        """);
    assertThat(server.get(php, "/work.php").body()).isEqualTo("worked");
    server.shAs(php, "echo x >/tmp/left-by-site; echo x >/var/tmp/left-by-site; sleep 600 >/dev/null 2>&1 & ");
    assertThat(Snapshot.of(server.host()).since(snapshot)).isNotEmpty();
    for (var site : List.of(php, fixed)) {
      gateway.change("site:delete", Map.of("user", site.user(), "purge", true)).data();
      assertThat(server.get(site, "/").body()).doesNotContain(site.domain());
    }
    assertThat(Snapshot.of(server.host()).since(snapshot)).isEmpty();
  }

  @Test
  void deletingWithoutPurgeKeepsTheFilesAside() {
    var site = created(Site.fixed(200_403));
    server.put(site, "kept.txt", "kept");
    gateway.change("site:delete", Map.of("user", site.user(), "purge", false)).data();
    assertThat(server.get(site, "/kept.txt").body()).doesNotContain("kept");
    assertThat(server.host().sh("cat /srv/chom/retained/%s/current/public/kept.txt".formatted(site.user())))
        .isEqualTo("kept");
    assertThat(gateway.ask("state:export", Map.of()).data().toString()).contains("retained").contains(site.user());
    gateway.change("site:delete", Map.of("user", site.user(), "purge", true)).data();
    assertThat(server.host().exec("ls", "/srv/chom/retained/" + site.user()).ok()).isFalse();
  }

  @Test
  void aRefusalChangesNothing() {
    var site = created(Site.fixed(200_501));
    var taken = Map.of("site", UUID.randomUUID().toString(), "user", "s200502", "uid", 200_502, "domain",
        site.domain(), "type", "static");
    var before = Snapshot.of(server.host());
    assertThat(gateway.change("site:create", taken).code()).isEqualTo("DOMAIN_IN_USE");
    assertThat(gateway.change("site:delete", Map.of("user", "s299999", "purge", true)).code())
        .isEqualTo("SITE_NOT_FOUND");
    assertThat(Snapshot.of(server.host()).since(before)).isEmpty();
  }

  @Test
  void thePanelsKeyRunsNothingButTheAgent() {
    for (var words : List.of("id", "bash -c id", "gateway; id", "stream x 0",
        "/opt/vpsmanager/bin/vpsmanager site:list")) {
      var tried = server.sshAsPanel(words);
      assertThat(tried.exit()).as(words).isEqualTo(9);
      assertThat(tried.output()).isEmpty();
    }
    assertThat(server.host().exec("runuser", "-u", "chom", "--", "sudo", "-n", "id").ok()).isFalse();
  }
}
