package io.chom.servers;

import io.chom.servers.Difference.Thing;
import io.chom.servers.ServerSites.KnownOperation;
import io.chom.servers.ServerSites.KnownSite;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/**
 * Compares what a server says it manages with what the panel knew before and after it was asked. What changed in between,
 * or has a change under way, is left out: it would differ for a moment only.
 */
final class Comparison {
  /** So long an end may take to be acknowledged. */
  private static final Duration ACKNOWLEDGED = Duration.ofMinutes(10);
  private static final int MOST = 200;
  private static final int STEP = 3;
  private static final Set<String> THERE = Set.of("ACTIVE", "DISABLED");

  private final Map<String, KnownSite> before;
  private final Map<String, KnownSite> after;
  private final JsonNode export;
  private final List<Difference> differences = new ArrayList<>();

  Comparison(Map<String, KnownSite> before, Map<String, KnownSite> after, JsonNode export) {
    this.before = before;
    this.after = after;
    this.export = export;
  }

  List<Difference> of(ServerRow server, Map<UUID, KnownOperation> operations, Instant now) {
    sites();
    parts("vhosts", Thing.VHOST);
    parts("pools", Thing.POOL);
    operations(operations, now);
    agent(server);
    return List.copyOf(differences.subList(0, Math.min(MOST, differences.size())));
  }

  /** Neither changing nor changed meanwhile. A site that nobody knew before and after is steady as well. */
  private boolean steady(String user) {
    var then = before.get(user);
    var now = after.get(user);
    if (then == null || now == null) {
      return then == null && now == null;
    }
    return !then.underWay() && !now.underWay() && then.updatedAt().equals(now.updatedAt())
        && then.status().equals(now.status());
  }

  private void sites() {
    Map<String, JsonNode> found = new HashMap<>();
    export.path("sites").forEach(site -> found.put(site.path("user").asString(), site));
    Map<String, JsonNode> kept = new HashMap<>();
    export.path("retained").forEach(site -> kept.put(site.path("user").asString(), site));
    after.values().stream().filter(site -> THERE.contains(site.status()) && steady(site.user())).forEach(site -> {
      var there = found.get(site.user());
      if (there == null) {
        differences.add(Difference.missing(Thing.SITE, site.domain(),
            kept.containsKey(site.user()) ? "retained" : state(site)));
      } else {
        compare(site, there);
      }
    });
    found.forEach((user, there) -> {
      var site = after.get(user);
      if (steady(user) && (site == null || site.deleted())) {
        differences.add(Difference.unknown(Thing.SITE, there.path("domain").asString(), user));
      }
    });
    kept.forEach((user, there) -> {
      if (steady(user) && after.get(user) == null) {
        differences
            .add(Difference.unknown(Thing.RETAINED, there.path("domain").asString(), there.path("path").asString()));
      }
    });
  }

  private void compare(KnownSite site, JsonNode there) {
    differ(Thing.SITE, site.domain(), "id " + site.id(), "id " + there.path("site").asString());
    differ(Thing.SITE, site.domain(), site.domain(), there.path("domain").asString());
    differ(Thing.SITE, site.domain(), site.type(), there.path("type").asString());
    if (site.phpVersion() != null) {
      differ(Thing.SITE, site.domain(), "PHP " + site.phpVersion(), "PHP " + there.path("php_version").asString("?"));
    }
    differ(Thing.SITE, site.domain(), state(site), there.path("state").asString());
  }

  private static String state(KnownSite site) {
    return site.status().equals("DISABLED") ? "disabled" : "active";
  }

  private void differ(Thing thing, String name, String expected, String found) {
    if (!expected.equals(found)) {
      differences.add(Difference.different(thing, name, expected, found));
    }
  }

  /** Every site has a vhost, every PHP site that is active a pool; nothing else has. */
  private void parts(String list, Thing thing) {
    Set<String> found = new HashSet<>();
    export.path(list).forEach(name -> found.add(user(name.asString())));
    Set<String> sites = new HashSet<>();
    export.path("sites").forEach(site -> sites.add(site.path("user").asString()));
    export.path("sites").forEach(there -> {
      var user = there.path("user").asString();
      boolean wanted = there.path("state").asString().equals("active")
          && (thing == Thing.VHOST || there.path("type").asString().equals("php"));
      if (steady(user) && after.containsKey(user) && wanted && !found.contains(user)) {
        differences.add(Difference.missing(thing, there.path("domain").asString(), user));
      }
    });
    found.stream().filter(user -> user.matches("s[0-9]{6,9}") && steady(user) && !sites.contains(user)).sorted()
        .forEach(user -> differences.add(Difference.unknown(thing, user, user)));
  }

  /** {@code s200001} of {@code chom-s200001} and the like. */
  private static String user(String name) {
    return name.startsWith("chom-") ? name.substring(5) : name;
  }

  private void operations(Map<UUID, KnownOperation> known, Instant now) {
    export.path("operations").forEach(there -> {
      var id = there.path("operation").asString();
      var state = there.path("state").asString();
      var operation = known.get(UUID.fromString(id));
      if (operation == null) {
        // a step of an operation has an id made from that one's
        if (!state.equals("SEALED") && UUID.fromString(id).version() != STEP) {
          differences.add(Difference.unknown(Thing.OPERATION, id, state));
        }
      } else if (operation.finishedAt() != null && operation.finishedAt().plus(ACKNOWLEDGED).isBefore(now)
          && (state.equals("RUNNING") || state.equals("ACCEPTED"))) {
        differences.add(Difference.different(Thing.OPERATION, id, operation.status(), state));
      }
    });
  }

  private void agent(ServerRow server) {
    var version = export.path("agent").asString();
    if (server.agentVersion() != null) {
      differ(Thing.AGENT, server.name(), server.agentVersion(), version);
    }
    var release = server.upkeep().release();
    if (release != null && server.agentVersion() != null && server.agentVersion().equals(version)) {
      differ(Thing.AGENT, server.name(), release, export.path("release").asString(""));
    }
    var policy = export.path("policy");
    if (!policy.path("agent_upgrade").asBoolean(false)) {
      differences.add(Difference.different(Thing.POLICY, "agent_upgrade", "true",
          policy.path("agent_upgrade").isMissingNode() ? "-" : policy.path("agent_upgrade").toString()));
    }
  }
}
