package io.chom.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.AgentHost.Site;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Backups of one real host on other machines: in a depot on a second host, with restic's REST protocol, and in an S3
 * server. Each is made, proven and restored.
 */
@Tag("acceptance")
class TargetsOnHostsAcceptanceIT {

  /** A target as the panel would send it. */
  private record Target(Map<String, Object> arguments, Map<String, String> secrets) {

    Target at(String repository) {
      var all = new HashMap<>(arguments);
      all.put("repository", repository);
      return new Target(all, secrets);
    }

    String repository() {
      return String.valueOf(arguments.get("repository"));
    }
  }

  private static final String KEY = "correct-horse-battery-staple-0123456789";
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final JsonMapper JSON = JsonMapper.shared();

  @RegisterExtension
  static final Rig rig = Rig.of(2);

  @TempDir
  static Path directory;

  private static AgentHost server;
  private static AgentHost keeper;
  private static AgentGateway gateway;
  private static AgentGateway keeping;
  private static Process servers;
  private static JsonNode served;
  private static String machine;
  private static int uid = 200_800;

  private Site site;

  @BeforeAll
  static void prepareTheHosts() throws IOException {
    server = new AgentHost(rig.full(0)).install();
    keeper = new AgentHost(rig.full(1)).install();
    gateway = server.gateway();
    keeping = keeper.gateway();
    gateway.change("server:prepare", Map.of()).data();
    keeping.change("server:prepare", Map.of()).data();
    machine = server.host().address().replaceFirst("[0-9]+$", "1");
    servers = new ProcessBuilder("src/test/agent/serve.sh", directory.toString(), machine)
        .redirectError(directory.resolve("serve.log").toFile()).start();
    served = JSON.readTree(servers.inputReader(StandardCharsets.UTF_8).readLine());
  }

  @AfterAll
  static void hangUp() throws IOException, InterruptedException {
    gateway.close();
    keeping.close();
    servers.getOutputStream().close();
    assertThat(servers.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  @BeforeEach
  void aSiteWithFilesAndADatabase() {
    site = Site.php(++uid);
    gateway.change("site:create", site.args()).data();
    gateway.change("database:create", Map.of("user", site.user(), "name", "shop"), Map.of("password",
        "correct-horse-battery")).data();
    server.put(site, "rows.php",
        "<?php $m = new mysqli('localhost', '" + site.user() + "_shop', 'correct-horse-battery', '"
            + site.user() + "_shop'); echo 'rows ', $m->query('SELECT COUNT(*) FROM goods')->fetch_row()[0];");
    sql("CREATE TABLE goods (id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO goods SELECT seq FROM seq_1_to_500");
    server.shAs(site, "cd " + site.root() + " && for i in $(seq 100); do echo $i >f$i; done").text();
    assertThat(server.get(site, "/rows.php").body()).isEqualTo("rows 500");
  }

  @Test
  void keepsBackupsInADepotOfAnotherServerWhichShowsNothingElse() throws IOException {
    var depot = UUID.randomUUID().toString();
    var key = keyPair();
    var made = keeping.change("depot:create", Map.of("depot", depot, "public_key", publicKey(key))).data();
    assertThat(keeping.change("depot:create", Map.of("depot", depot, "public_key", publicKey(key))).data())
        .isEqualTo(made);
    var login = made.path("login").asString();
    var target = new Target(
        Map.of("addresses", List.of(keeper.host().address()), "host_key", made.path("host_keys").path(0).asString()),
        Map.of("key", KEY, "sftp_key", Base64.getEncoder().encodeToString(Files.readAllBytes(key))))
        .at("sftp://" + login + "@" + keeper.host().address() + ":" + made.path("port").asInt() + "/"
            + made.path("directory").asString());

    checks(target);
    comesBackFrom(target.at(target.repository() + "/" + site.id()));

    assertThat(keeper.host().exec("stat", "-c", "%U %a", "/srv/chom/depots/" + login + "/data").output().strip())
        .isEqualTo(login + " 700");
    var shell = ssh(key, login, "id");
    assertThat(shell.output() + shell.errors()).doesNotContain("uid=");
    var forwarding = asDepot("ssh", key);
    forwarding.addAll(List.of("-W", "127.0.0.1:22", login + "@" + keeper.host().address()));
    assertThat(RigCommand.run(forwarding, InputStream.nullInputStream(), LIMIT).output()).doesNotContain("SSH-2.0");
    assertThat(sftp(key, login, "ls /\nls /data\n-get /etc/passwd /dev/stdout\n-mkdir /outside\nls /\n").output())
        .contains("/data/" + site.id()).doesNotContain("root:");
    assertThat(keeper.host().exec("test", "-e", "/srv/chom/depots/" + login + "/outside").ok()).isFalse();

    var other = UUID.randomUUID().toString();
    keeping.change("depot:create", Map.of("depot", other, "public_key", publicKey(keyPair()))).data();
    assertThat(sftp(key, login, "ls /\n").output()).doesNotContain(other);

    assertThat(keeping.change("depot:remove", Map.of("depot", depot)).data().path("kept").asBoolean()).isTrue();
    assertThat(gateway.ask("target:check", target.arguments(), target.secrets()).code())
        .isEqualTo("REPOSITORY_UNREACHABLE");
    keeping.change("depot:create", Map.of("depot", depot, "public_key", publicKey(key))).data();
    checks(target);
    keeping.change("depot:remove", Map.of("depot", depot, "purge", true)).data();
    keeping.change("depot:remove", Map.of("depot", depot, "purge", true)).data();
    assertThat(keeper.host().exec("test", "-e", "/srv/chom/depots/" + login).ok()).isFalse();
  }

  @Test
  void keepsTheKeyOfADepotWhereAnotherOneIsRefused() throws IOException {
    var depot = UUID.randomUUID().toString();
    var key = keyPair();
    var other = publicKey(keyPair());
    var login = keeping.change("depot:create", Map.of("depot", depot, "public_key", publicKey(key))).data()
        .path("login").asString();
    keeper.host().sh("echo 'NoSuchOption yes' >/etc/ssh/sshd_config.d/10-broken.conf");
    try {
      assertThat(keeping.change("depot:create", Map.of("depot", depot, "public_key", other)).code())
          .isEqualTo("CONFIG_REJECTED");
    } finally {
      keeper.host().sh("rm /etc/ssh/sshd_config.d/10-broken.conf");
    }
    keeper.host().sh("sshd -t");
    assertThat(keeping.change("depot:create", Map.of("depot", depot, "public_key", "ssh-ed25519 " + "A".repeat(68)))
        .code()).isEqualTo("INVALID_ARGUMENT");
    assertThat(sftp(key, login, "ls /\n").output()).contains("/data");
    keeping.change("depot:remove", Map.of("depot", depot, "purge", true)).data();
  }

  /** As a reload that failed leaves it: the rules are in the file, and the sshd that runs knows nothing of them. */
  @Test
  void aDepotIsMadeWhenTheRunningSshdShowsItAndNotBefore() throws IOException {
    var rules = "/etc/ssh/sshd_config.d/60-chom-depots.conf";
    var depot = UUID.randomUUID().toString();
    var key = keyPair();
    var args = Map.of("depot", depot, "public_key", publicKey(key));
    var login = keeping.change("depot:create", args).data().path("login").asString();
    keeper.host().sh("mv " + rules + " /root/rules && systemctl reload ssh && mv /root/rules " + rules);
    keeping.change("depot:create", args).data();
    assertThat(sftp(key, login, "ls /\n").output()).contains("/data");
    assertThat(keeper.host().exec("cat", "/etc/ssh/chom-depots/" + login).output()).as("nothing of the question stays")
        .isEqualTo(args.get("public_key") + "\n");
    keeper.host().sh("echo 'DenyUsers " + login + "' >/etc/ssh/sshd_config.d/10-closed.conf && systemctl reload ssh");
    try {
      assertThat(keeping.change("depot:create", args).code()).isEqualTo("DEPENDENCY_FAILED");
    } finally {
      keeper.host().sh("rm /etc/ssh/sshd_config.d/10-closed.conf && systemctl reload ssh");
    }
    keeping.change("depot:create", args).data();
    keeping.change("depot:remove", Map.of("depot", depot, "purge", true)).data();
  }

  @Test
  void keepsBackupsAtARestServer() {
    var target = new Target(Map.of("addresses", List.of(machine), "ca_bundle", served.path("authority").asString()),
        Map.of("key", KEY, "rest_user", served.path("rest_user").asString(), "rest_password",
            served.path("rest_password").asString()))
        .at("rest:https://" + machine + ":" + served.path("rest_port").asInt() + "/chom-check");
    checks(target);
    comesBackFrom(target.at(target.repository().replace("chom-check", site.id().toString())));
  }

  @Test
  void keepsBackupsAtAnS3Server() {
    var target = new Target(Map.of("addresses", List.of(machine), "ca_bundle", served.path("authority").asString()),
        Map.of("key", KEY, "s3_key", served.path("s3_key").asString(), "s3_secret",
            served.path("s3_secret").asString()))
        .at("s3:https://" + machine + ":" + served.path("s3_port").asInt() + "/bucket/chom-check");
    checks(target);
    comesBackFrom(target.at(target.repository().replace("chom-check", site.id().toString())));
  }

  private static void checks(Target target) {
    assertThat(gateway.ask("target:check", target.arguments(), target.secrets()).data().path("ok").asBoolean())
        .isTrue();
  }

  private void comesBackFrom(Target target) {
    var id = UUID.randomUUID().toString();
    var data = gateway.change("backup:create", with(target, Map.of("backup", id, "type", "full")), target.secrets())
        .data();
    var backup = Map.of("backup", id, "snapshot", data.path("snapshot").asString(), "manifest",
        data.path("manifest").asString());
    assertThat(
        gateway.change("backup:verify", with(target, backup), target.secrets()).data().path("outcome").asString())
        .isEqualTo("PROVEN");
    server.shAs(site, "rm -rf " + site.root() + "/*").text();
    sql("DROP TABLE goods");
    var what = new HashMap<String, Object>(backup);
    what.put("what", "full");
    gateway.change("backup:restore", with(target, what), target.secrets()).data();
    assertThat(server.get(site, "/rows.php").body()).isEqualTo("rows 500");
  }

  private Map<String, Object> with(Target target, Map<String, ?> more) {
    var all = new HashMap<>(target.arguments());
    all.put("user", site.user());
    all.putAll(more);
    return all;
  }

  /** As the site's own login. */
  private void sql(String statement) {
    server.host().exec("mariadb", "-u" + site.user() + "_shop", "-pcorrect-horse-battery", site.user() + "_shop", "-e",
        statement).text();
  }

  private static Path keyPair() {
    var file = directory.resolve("key-" + UUID.randomUUID());
    RigCommand.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file.toString()),
        InputStream.nullInputStream(), LIMIT).text();
    return file;
  }

  private static String publicKey(Path key) throws IOException {
    return Files.readString(key.resolveSibling(key.getFileName() + ".pub")).strip();
  }

  private static Ran ssh(Path key, String login, String... words) {
    var command = asDepot("ssh", key);
    command.add(login + "@" + keeper.host().address());
    command.addAll(List.of(words));
    return RigCommand.run(command, InputStream.nullInputStream(), LIMIT);
  }

  private static Ran sftp(Path key, String login, String commands) {
    var command = asDepot("sftp", key);
    command.addAll(List.of("-b", "-"));
    command.add(login + "@" + keeper.host().address());
    return RigCommand.run(command, new ByteArrayInputStream(commands.getBytes(StandardCharsets.UTF_8)), LIMIT);
  }

  private static List<String> asDepot(String program, Path key) {
    return new ArrayList<>(
        List.of(program, "-i", key.toString(), "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o",
            "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"));
  }
}
