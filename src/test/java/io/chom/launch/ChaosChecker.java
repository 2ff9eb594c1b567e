package io.chom.launch;

import io.chom.testing.RigHost;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Holds what the panel says against what the agents' journals say and against what the hosts are. Knows the tables and
 * the hosts' files, and nothing of the code that writes them.
 */
final class ChaosChecker {
  /** Journal states in which the panel may call an operation failed. */
  private static final Set<String> NOT_DONE = Set.of("FAILED", "NOT_THERE", "INTERRUPTED", "SEALED");
  private static final Pattern REMOVALS = Pattern.compile("site\\.delete|database\\.drop");

  /** The operations it holds against the journals. */
  static final String CHECKED = "(o.type like 'site.%' or o.type like 'database.%' or o.type like 'certificate.%')";

  private final List<RigHost> hosts;
  private final List<String> violations = new ArrayList<>();

  ChaosChecker(List<RigHost> hosts) {
    this.hosts = hosts;
  }

  /** What a host is: its journal by operation, its site users, for each domain its virtual hosts, its databases. */
  private record Found(Map<String, String> journal, List<String> users, List<String> domains, Set<String> homes,
      Set<String> retained, Set<String> databases) {}

  /**
   * Looks at everything.
   *
   * @param promised the operations the panel said yes to
   * @return one sentence for each thing that is not as it was promised; empty if all is well
   */
  List<String> violations(Connection database, Set<String> promised) throws SQLException {
    violations.clear();
    var found = new HashMap<String, Found>();
    hosts.forEach(host -> found.put(host.address(), look(host)));
    operations(database, promised, found);
    logs(database);
    sites(database, found);
    databases(database, found);
    return List.copyOf(violations);
  }

  private static Found look(RigHost host) {
    var journal = new HashMap<String, String>();
    // what was to be removed and is not there fails on the host, and is done for the panel
    host.sh("cd /var/lib/vpsmanager/operations && for o in *-*; do grep -qsE '\"(SITE|DATABASE)_NOT_FOUND\"' $o/result"
        + " && echo \"$o NOT_THERE\" || echo \"$o $(head -n 1 $o/state)\"; done || true")
        .lines().map(line -> line.split(" ", 3)).filter(words -> words.length > 1)
        .forEach(words -> journal.put(words[0], words[1]));
    var users = host.sh("getent passwd | grep -oE '^s[0-9]+' || true").lines().toList();
    var domains = host.sh("grep -roE 'server_name [^;]+' /etc/nginx/chom/sites | sort -u | awk '{print $2}' || true")
        .lines()
        .toList();
    var homes = new HashSet<>(host.sh("ls /srv/chom/sites").lines().toList());
    var retained = new HashSet<>(host.sh("ls /srv/chom/retained 2>/dev/null || true").lines().toList());
    var databases = new HashSet<>(
        host.sh("mariadb -N -B -e 'show databases' | grep -E '^s[0-9]+_' || true").lines().toList());
    return new Found(journal, users, domains, homes, retained, databases);
  }

  private void operations(Connection database, Set<String> promised, Map<String, Found> found) throws SQLException {
    var known = new HashSet<String>();
    try (var statement = database.createStatement();
        var rows = statement.executeQuery(
            "select coalesce(o.sent_as, o.id)::text, o.status, o.type, o.error_code, s.host, o.id::text from operation o"
                + " left join vps_server s on s.id = o.server_id where " + CHECKED)) {
      while (rows.next()) {
        var id = rows.getString(1);
        known.add(id);
        known.add(rows.getString(6));
        operation(id, rows.getString(2), rows.getString(3) + " " + rows.getString(4), rows.getString(5), found);
      }
    }
    try (var statement = database.createStatement();
        var tries = statement.executeQuery("select t.sent_as::text, s.host from operation_try t"
            + " join operation o on o.id = t.operation_id left join vps_server s on s.id = o.server_id"
            + " where " + CHECKED)) {
      while (tries.next()) {
        var journal = found.get(tries.getString(2)).journal().getOrDefault(tries.getString(1), "none");
        if (known.add(tries.getString(1)) && !NOT_DONE.contains(journal) && !journal.equals("none")) {
          violations.add("doubled: " + tries.getString(1) + " was tried again, and its journal says " + journal);
        }
      }
    }
    promised.stream().filter(id -> !known.contains(id)).forEach(id -> violations.add("lost: operation " + id));
    for (var host : found.entrySet()) {
      host.getValue().journal().keySet().stream().filter(id -> !known.contains(id) && isChecked(host.getKey(), id))
          .forEach(
              id -> violations.add("unknown: " + host.getKey() + " carried out " + id + ", which nobody asked for"));
    }
  }

  private boolean isChecked(String address, String operation) {
    return host(address)
        .exec("grep", "-qE", "(site|database|ssl):", "/var/lib/vpsmanager/operations/" + operation + "/request").ok();
  }

  private RigHost host(String address) {
    return hosts.stream().filter(host -> host.address().equals(address)).findFirst().orElseThrow();
  }

  private void operation(String id, String status, String what, String host, Map<String, Found> found) {
    var others = found.entrySet().stream().filter(entry -> entry.getValue().journal().containsKey(id))
        .map(Map.Entry::getKey).toList();
    if (others.size() > 1) {
      violations.add("doubled: operation " + id + " on " + others);
    }
    var journal = found.get(host).journal().getOrDefault(id, "none");
    boolean true_ = switch (status) {
      case "SUCCEEDED" ->
        journal.equals("SUCCEEDED") || REMOVALS.matcher(what).lookingAt() && journal.equals("NOT_THERE");
      case "FAILED" -> NOT_DONE.contains(journal);
      // sealed: it never arrived, and never can
      case "CANCELLED" -> journal.equals("CANCELLED") || journal.equals("SEALED") || journal.equals("none");
      default -> false;
    };
    if (!true_) {
      var kind = switch (status) {
        case "SUCCEEDED" -> "falsely done";
        case "FAILED" -> "falsely failed";
        case "CANCELLED" -> "falsely cancelled";
        default -> "stuck";
      };
      violations.add(kind + ": operation " + id + " (" + what + ") is " + status + ", the journal of " + host + " says "
          + journal);
    }
  }

  private void logs(Connection database) throws SQLException {
    try (var statement = database.createStatement();
        var rows = statement.executeQuery("""
            select o.id, o.log_length, coalesce(sum(c.length), 0), coalesce(max(c.from_offset + c.length), 0),
                   coalesce(bool_and(octet_length(c.data) = c.length), true),
                   coalesce(string_agg(c.data, '' order by c.from_offset), '')
            from operation o left join operation_log_chunk c on c.operation_id = o.id
            where (o.type like 'site.%' or o.type like 'database.%') group by o.id, o.log_length
            """)) {
      while (rows.next()) {
        long length = rows.getLong(2);
        if (rows.getLong(3) != length || rows.getLong(4) != length || !rows.getBoolean(5)) {
          violations.add("gap: the log of " + rows.getString(1) + " has " + rows.getLong(3) + " of " + length
              + " bytes, up to " + rows.getLong(4));
        }
        // each try says its own steps
        for (var part : rows.getString(6).split("(?m)^Attempt [0-9]+ failed: .*$", -1)) {
          var steps = part.lines().filter(line -> !line.isEmpty()).toList();
          if (new HashSet<>(steps).size() != steps.size()) {
            violations.add("repeated: the log of " + rows.getString(1) + " says something twice: " + steps);
          }
        }
      }
    }
  }

  private void sites(Connection database, Map<String, Found> found) throws SQLException {
    var expected = new HashSet<String>();
    try (var statement = database.createStatement();
        var rows = statement.executeQuery("select s.unix_user, s.domain, s.status || case when s.retained_until"
            + " is null then '' else ' but kept' end, v.host, exists (select from certificate c where c.site_id = s.id"
            + " and c.not_after is not null) from site s join vps_server v on v.id = s.server_id")) {
      while (rows.next()) {
        site(rows.getString(1), rows.getString(2), rows.getString(3), rows.getString(4), rows.getBoolean(5), found);
        if (!rows.getString(3).equals("DELETED")) {
          expected.add(rows.getString(4) + " " + rows.getString(1));
        }
      }
    }
    found.forEach((host, there) -> there.users().stream().filter(user -> !expected.contains(host + " " + user))
        .forEach(user -> violations.add("left behind: user " + user + " on " + host + " belongs to no site")));
  }

  /** @param https whether http only leads there */
  private void site(String user, String domain, String status, String address, boolean https,
      Map<String, Found> found) {
    var all = found.values().stream().flatMap(host -> host.domains().stream()).filter(domain::equals).count();
    var users = found.values().stream().flatMap(host -> host.users().stream()).filter(user::equals).count();
    if (all > 1 || users > 1) {
      violations.add("doubled: " + domain + " has " + all + " virtual hosts and " + users + " users");
    }
    switch (status) {
      case "ACTIVE" -> {
        var page = host(address).get(domain, "/");
        if (all != 1 || users != 1 || page.status() != (https ? 301 : 200)) {
          violations.add("falsely active: " + domain + " (" + user + ") answers " + page.status() + " with " + all
              + " virtual hosts and " + users + " users");
        }
      }
      case "DISABLED" -> {
        var page = host(address).get(domain, "/");
        if (all != 1 || users != 1 || page.status() != 503 || !page.body().contains("Closed for now")) {
          violations.add("falsely closed: " + domain + " (" + user + ") answers " + page.status());
        }
      }
      case "DELETED" -> {
        if (all != 0 || users != 0 || found.get(address).homes().contains(user)
            || found.get(address).retained().contains(user)) {
          violations.add("falsely deleted: " + domain + " (" + user + ") is still on " + address);
        }
      }
      case "DELETED but kept" -> {
        if (all != 0 || users != 1 || !found.get(address).retained().contains(user)) {
          violations.add("falsely deleted: " + domain + " (" + user + ") cannot be brought back on " + address);
        }
      }
      case "FAILED", "FAILED but kept" -> {
        // its operation failed by the journal's word, and says so: nothing more was promised
      }
      default -> violations.add("stuck: site " + domain + " is " + status);
    }
  }

  private void databases(Connection database, Map<String, Found> found) throws SQLException {
    var expected = new HashSet<String>();
    try (var statement = database.createStatement();
        var rows = statement.executeQuery("select s.unix_user || '_' || d.name, d.status, v.host from site_database d"
            + " join site s on s.id = d.site_id join vps_server v on v.id = s.server_id")) {
      while (rows.next()) {
        var name = rows.getString(1);
        var host = rows.getString(3);
        boolean there = found.get(host).databases().contains(name);
        switch (rows.getString(2)) {
          case "ACTIVE" -> {
            if (!there) {
              violations.add("falsely active: database " + name + " is not on " + host);
            }
          }
          case "DROPPED" -> {
            if (there) {
              violations.add("falsely dropped: database " + name + " is still on " + host);
            }
          }
          case "FAILED" -> {
            // as with sites
          }
          default -> violations.add("stuck: database " + name + " is " + rows.getString(2));
        }
        expected.add(host + " " + name);
      }
    }
    found.forEach((host, there) -> there.databases().stream().filter(name -> !expected.contains(host + " " + name))
        .forEach(name -> violations.add("left behind: database " + name + " on " + host + " belongs to no site")));
  }
}
