package io.chom.cache;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Everything that is remembered: under which name, for how long at most, and what makes it old before. */
public enum CacheName {
  /** The four numbers of the overview. */
  DASHBOARD_STATS("dashboard:stats", Duration.ofSeconds(60), Where.EVERY_NODE, "sites"),
  /** The newest sites on the overview. */
  RECENT_SITES("dashboard:recent_sites", Duration.ofSeconds(300), Where.EVERY_NODE, "sites"),
  /** What is under way on the overview: it changes by the second, and its payloads are nobody's business elsewhere. */
  RUNNING_OPERATIONS("dashboard:running", Duration.ofSeconds(60), Where.THIS_NODE, "operations"),
  /** What the plan allows, for display. No page changes a plan: who does it in the database sees it after a minute. */
  TIER_LIMITS("tier_limits", Duration.ofSeconds(60), Where.EVERY_NODE),
  /** The sites to choose from above a list. */
  SITES_LIST("sites:list", Duration.ofSeconds(300), Where.EVERY_NODE, "sites"),
  /** What all backups need where they are kept. */
  BACKUP_SIZE("backups:total_size", Duration.ofSeconds(300), Where.EVERY_NODE, "backups", "backup-targets", "sites"),
  /** What Prometheus answered, by how far the points of an answer are apart: each new step is a new answer. */
  METRICS_15("metrics:15", Duration.ofSeconds(15), Where.EVERY_NODE), METRICS_60("metrics:60", Duration.ofSeconds(60),
      Where.EVERY_NODE), METRICS_300("metrics:300", Duration.ofSeconds(300),
          Where.EVERY_NODE), METRICS_900("metrics:900", Duration.ofSeconds(900), Where.EVERY_NODE);

  enum Where {
    THIS_NODE, EVERY_NODE
  }

  private final String key;
  private final Duration atMost;
  private final Where where;
  private final Set<String> topics;

  CacheName(String key, Duration atMost, Where where, String... topics) {
    this.key = key;
    this.atMost = atMost;
    this.where = where;
    this.topics = Set.of(topics);
  }

  /** Its part of the key, after the tenant's. */
  public String key() {
    return key;
  }

  /** How long a value is kept at most. */
  public Duration atMost() {
    return atMost;
  }

  /** The live topics whose changes make its values old. */
  public Set<String> topics() {
    return topics;
  }

  boolean shared() {
    return where == Where.EVERY_NODE;
  }

  static List<CacheName> oldAfter(String topic) {
    return Arrays.stream(values()).filter(one -> one.topics.contains(topic)).toList();
  }
}
