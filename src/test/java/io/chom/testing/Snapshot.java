package io.chom.testing;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a host holds: every file with its owner and mode, the contents of its configuration, its users, units,
 * virtual hosts, rules and databases with their users.
 *
 * <p>Left out are what any host writes by itself (journals, caches, logs of the system, the backups useradd makes of the
 * user lists, systemd's and sudo's times), what a gateway keeps while it runs, and the agent's journal of operations with
 * its fences and its counters, which are kept on purpose.
 */
public record Snapshot(List<String> lines) {

  private static final String SCRIPT = """
      left_out=(-path /proc -o -path /sys -o -path /dev -o -path /var/log/journal -o -path /var/cache
        -o -path /var/lib/vpsmanager/operations -o -path /var/lib/vpsmanager/fences
        -o -path /var/lib/vpsmanager/stats -o -path /var/lib/systemd/timers -o -path /var/lib/sudo
        -o -path /var/lib/fail2ban -o -path /var/lib/mysql -o -path /var/lib/private -o -path '/var/tmp/systemd-private-*'
        -o -path '/etc/*-' -o -path '/tmp/systemd-private-*' -o -path /var/lib/prometheus)
      find / /tmp -xdev \\( "${left_out[@]}" \\) -prune -o -printf '%p %y %m %U:%G %l\\n'
      find /run/php /run/vpsmanager ! -path '/run/vpsmanager/gateway.*/*' -printf '%p %y %m %U:%G\\n'
      find /etc -type f ! -path '/etc/*-' -exec sha256sum {} +
      getent passwd; getent group; getent shadow
      systemctl list-units --all --plain --no-legend --type=service,timer,socket 'vpsm*' 'chom*' '*php*' 'nginx*' \\
        | awk '{ print "unit", $1, $3 }'
      nginx -T 2>/dev/null | grep -E 'server_name|listen'
      nft list ruleset
      mariadb -N -B -e 'show databases; select user, host from mysql.user' | sed 's/^/database or its user /'
      """;

  public static Snapshot of(RigHost host) {
    return new Snapshot(host.sh(SCRIPT).lines().sorted().toList());
  }

  /** What is gone since then, and what is new. */
  public List<String> since(Snapshot earlier) {
    var now = Set.copyOf(lines);
    var then = Set.copyOf(earlier.lines);
    var gone = then.stream().filter(line -> !now.contains(line)).map(line -> "gone: " + line);
    var fresh = now.stream().filter(line -> !then.contains(line)).map(line -> "new: " + line);
    return Stream.concat(gone, fresh).sorted().toList();
  }
}
