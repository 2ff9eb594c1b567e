package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;

/** A real WordPress on a site with a database, of the size people have: 20,000 files and 200 MB of rows. */
final class WordPress {
  private static final String TITLE = "Shop of the acceptance test";

  private final PanelOnRig panel;
  private final RigHost host;
  private final String domain;
  private final String id;
  private final String user;

  private WordPress(PanelOnRig panel, RigHost host, String domain, String id, String user) {
    this.panel = panel;
    this.host = host;
    this.domain = domain;
    this.id = id;
    this.user = user;
  }

  /** A site for it, with an empty database {@code main}. */
  static WordPress site(PanelOnRig panel, RigHost host, String server, String domain) {
    var made = panel.api().post("/sites", Map.of("domain", domain, "type", "php", "serverId", server)).ok();
    panel.succeeded(made);
    var id = made.path("id").asString();
    return new WordPress(panel, host, domain, id, panel.api().get("/sites/" + id).ok().path("systemUser").asString());
  }

  WordPress installed() throws IOException {
    var database = panel.api().post(path() + "/databases", Map.of("name", "main")).ok();
    panel.succeeded(database);
    var password = panel.api().post(path() + "/databases/" + database.path("id").asString() + "/password", Map.of())
        .ok().path("password").asString();
    try (var tree = Files.newInputStream(Rig.wordpress())) {
      host.shWithInput(tree, "tar", "-x", "--no-same-owner", "-C", root()).text();
    }
    host.sh(
        """
            cd %1$s && rm -f index.html
            cat >wp-config.php <<'PHP'
            <?php
            define('DB_NAME', '%2$s');
            define('DB_USER', '%2$s');
            define('DB_PASSWORD', '%3$s');
            define('DB_HOST', 'localhost');
            define('DB_CHARSET', 'utf8mb4');
            foreach (['AUTH_KEY','SECURE_AUTH_KEY','LOGGED_IN_KEY','NONCE_KEY','AUTH_SALT','SECURE_AUTH_SALT','LOGGED_IN_SALT','NONCE_SALT'] as $k) define($k, hash('sha256', $k));
            $table_prefix = 'wp_';
            define('WP_HTTP_BLOCK_EXTERNAL', true);
            define('DISABLE_WP_CRON', true);
            define('AUTOMATIC_UPDATER_DISABLED', true);
            define('WP_DEBUG', true); define('WP_DEBUG_DISPLAY', false); // else every page it answers may write to its database
            if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
            require_once ABSPATH . 'wp-settings.php';
            PHP
            chown -R %4$s: . && chmod 640 wp-config.php
            setpriv --reuid %4$s --regid %4$s --init-groups php -r '
              define("WP_INSTALLING", true); $_SERVER["HTTP_HOST"] = "%5$s"; require "wp-load.php";
              require ABSPATH . "wp-admin/includes/upgrade.php";
              wp_install("%6$s", "admin", "a@example.org", true, "", "adminpw"); switch_theme("twentytwentythree");' 2>/dev/null
            """
            .formatted(root(), database(), password, user, domain, TITLE));
    // its first page still sets things up
    answers();
    return this;
  }

  /** With 200 folders and 200,000 orders: 20,000 files of 1 to 8 KB, and 200 MB of rows. */
  WordPress filled(int folders, int orders) {
    host.sh(
        """
            setpriv --reuid %1$s --regid %1$s --init-groups perl -e '
              open my $random, "<", "/dev/urandom" or die; my $made = 0;
              for my $folder (1 .. %4$d) {
                my $place = "%2$s/wp-content/uploads/$folder"; system("mkdir", "-p", $place) == 0 or die;
                for my $file (1 .. 100) {
                  read($random, my $bytes, 1024 + 71 * ($file + $folder %% 29)) or die;
                  open my $out, ">", "$place/picture-$file.jpg" or die; print $out $bytes; close $out or die;
                }
              }'
            mariadb --default-character-set=utf8mb4 %3$s -e "create table shop_order (id bigint primary key, placed datetime not null, note varchar(1100) not null, key (placed)) engine=InnoDB;
              insert into shop_order select seq, '2026-01-01' + interval seq minute, hex(random_bytes(500)) from seq_1_to_%5$d;
              create table shop_customer (id int primary key, name varchar(99) not null);
              insert into shop_customer select seq, concat('größe 🦊 ', seq) from seq_1_to_1000"
            """
            .formatted(user, root(), database(), folders, orders));
    return this;
  }

  /** What a day brings: fifty more files, a changed one, a thousand more rows. */
  void goesOn(int day) {
    host.sh(
        """
            setpriv --reuid %1$s --regid %1$s --init-groups bash -c '
              mkdir -p %2$s/wp-content/uploads/day-%4$d
              for n in $(seq 50); do head -c 3000 /dev/urandom >%2$s/wp-content/uploads/day-%4$d/$n.jpg; done
              echo day %4$d >>%2$s/readme.html'
            mariadb %3$s -e "insert into shop_order select %4$d * 1000000 + seq, now(), hex(random_bytes(500)) from seq_1_to_1000"
            """
            .formatted(user, root(), database(), day));
  }

  /** Everything the site has on its server: files, and what MariaDB has of it. */
  void isLost() {
    host.sh("rm -rf /srv/chom/sites/%1$s && mariadb -e 'drop database %2$s'".formatted(user, database()));
    assertThat(host.get(domain, "/").status()).isNotEqualTo(200);
  }

  /** Every file with its mode and owner, byte for byte. */
  String files() {
    return host.sh("""
        cd /srv/chom/sites/%1$s
        find . -path ./logs -prune -o -printf '%%p %%y %%m %%u %%g %%l\\n' | sort | sha256sum
        find . -path ./logs -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum
        """.formatted(user));
  }

  int fileCount() {
    return Integer.parseInt(host.sh("find /srv/chom/sites/%s -type f | wc -l".formatted(user)).strip());
  }

  /** Keeps a dump of the database beside, for {@link #otherRows()}. */
  void noteRows() {
    host.sh(dump() + " >/var/tmp/noted.sql");
  }

  /** What the database has now and did not have when it was noted, or the other way round. */
  String otherRows() {
    return host
        .sh("""
            %s >/var/tmp/now.sql
            cmp /var/tmp/noted.sql /var/tmp/now.sql 2>&1 || diff <(cut -c 1-200 /var/tmp/noted.sql) <(cut -c 1-200 /var/tmp/now.sql) | head -n 20 || true
            """
            .formatted(dump()))
        .strip();
  }

  private String dump() {
    return "mariadb-dump --skip-dump-date --routines --triggers --order-by-primary " + database();
  }

  String sum(String file) {
    return host.sh("sha256sum <%s/%s".formatted(root(), file));
  }

  String checksum(String table) {
    return host.sh("mariadb -N %s -e 'checksum table %s'".formatted(database(), table));
  }

  void sh(String script) {
    host.sh(script);
  }

  void answers() {
    var page = host.get(domain, "/");
    assertThat(page.status()).as("%s", page.body()).isEqualTo(200);
    assertThat(page.body()).contains(TITLE);
  }

  String path() {
    return "/sites/" + id;
  }

  String id() {
    return id;
  }

  String domain() {
    return domain;
  }

  String user() {
    return user;
  }

  RigHost host() {
    return host;
  }

  String root() {
    return "/srv/chom/sites/" + user + "/current/public";
  }

  /** As backups name a file of {@link #root()}. */
  String inHome(String file) {
    return host.sh("realpath --relative-to=/srv/chom/sites/%s %s/%s".formatted(user, root(), file)).strip();
  }

  String database() {
    return user + "_main";
  }
}
