package io.chom.testing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A rig's host with the agent installed the way enrolment does it. */
final class AgentHost {

  /** A site as the panel would name it. */
  record Site(UUID id, int uid, String domain, String type) {

    static Site php(int uid) {
      return new Site(UUID.randomUUID(), uid, "site" + uid + ".example", "php");
    }

    static Site fixed(int uid) {
      return new Site(UUID.randomUUID(), uid, "site" + uid + ".example", "static");
    }

    String user() {
      return "s" + uid;
    }

    String root() {
      return "/srv/chom/sites/" + user() + "/current/public";
    }

    Map<String, Object> args() {
      return Map.of("site", id.toString(), "user", user(), "uid", uid, "domain", domain, "type", type);
    }
  }

  private final RigHost host;

  AgentHost(RigHost host) {
    this.host = host;
  }

  /** Copies the agent, and lets the rig's key into it and nothing else. */
  AgentHost install() {
    host.sh(
        "command -v jq >/dev/null || { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install jq; }");
    RigCommand
        .run(List.of("tar", "-C", "src/main/resources/agent", "-cf", archive(), "."), InputStream.nullInputStream(),
            Duration.ofMinutes(1))
        .text();
    try (var input = Files.newInputStream(Path.of(archive()))) {
      host.shWithInput(input, "sh", "-c", "mkdir -p /opt/vpsmanager && tar -C /opt/vpsmanager -xf - --no-same-owner")
          .text();
      var key = Files.readString(host.login().privateKey().resolveSibling("id_ed25519.pub")).strip();
      host.sh("""
          chmod -R go-w,a+rX /opt/vpsmanager && chmod 755 /opt/vpsmanager/bin/*
          useradd --create-home --shell /bin/sh --password '*' chom
          install -d -m 700 -o chom -g chom /home/chom/.ssh
          echo 'restrict,command="/opt/vpsmanager/bin/entry" %s' >/home/chom/.ssh/authorized_keys
          chown chom: /home/chom/.ssh/authorized_keys
          printf '%%s\\n' 'Defaults:chom !use_pty,!requiretty' \
            'chom ALL=(root) NOPASSWD: /opt/vpsmanager/bin/vpsmanager' >/etc/sudoers.d/chom
          chmod 440 /etc/sudoers.d/chom
          """.formatted(key));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  private String archive() {
    return "target/agent-for-" + host.name() + ".tar";
  }

  RigHost host() {
    return host;
  }

  AgentGateway gateway() {
    return AgentGateway.open(host);
  }

  /** Logs in with the panel's key, asking for these words. */
  Ran sshAsPanel(String words) {
    return RigCommand.run(List.of("ssh", "-T", "-i", host.login().privateKey().toString(), "-o", "BatchMode=yes", "-o",
        "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
        "LogLevel=ERROR", "chom@" + host.address(), words), InputStream.nullInputStream(), Duration.ofMinutes(1));
  }

  /** Runs a script as a site's user, with no group but its own. */
  Ran shAs(Site site, String script) {
    return host.exec("setpriv", "--reuid", String.valueOf(site.uid()), "--regid", String.valueOf(site.uid()),
        "--clear-groups", "sh", "-c", script);
  }

  /** Puts a file of the site's own into its document root. */
  void put(Site site, String name, String content) {
    host.shWithInput(new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)), "setpriv", "--reuid",
        String.valueOf(site.uid()), "--regid", String.valueOf(site.uid()), "--clear-groups", "sh", "-c",
        "umask 027; cat >" + site.root() + "/" + name).text();
  }

  /** One request, on a connection of its own, without a second try. */
  RigHost.Page get(Site site, String path) {
    return host.get(site.domain(), path);
  }
}
