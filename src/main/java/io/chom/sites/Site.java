package io.chom.sites;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Transient;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.TenantId;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Persistable;

/** One site; changes its status only along {@link SiteStatus#next()}. */
@Entity
@Table(name = "site")
class Site implements Persistable<UUID> {
  @Id
  private UUID id;
  @TenantId
  @Column(name = "tenant_id")
  private @Nullable UUID tenant;
  @Column(name = "server_id")
  private UUID server;
  private String domain;
  private String type;
  @Column(name = "php_version")
  private @Nullable String phpVersion;
  @Enumerated(EnumType.STRING)
  private SiteStatus status;
  private int uid;
  @Column(name = "unix_user")
  private String unixUser;
  @Column(name = "document_root")
  private @Nullable String documentRoot;
  private @Nullable String failure;
  @Column(name = "created_at")
  private Instant createdAt;
  @Column(name = "updated_at")
  private Instant updatedAt;
  @Column(name = "deleted_at")
  private @Nullable Instant deletedAt;
  @Column(name = "ssl_enabled")
  private boolean sslEnabled;
  @Column(name = "ssl_expires_at")
  private @Nullable Instant sslExpiresAt;
  @Column(name = "retained_until")
  private @Nullable Instant retainedUntil;

  private boolean purging;
  @Column(name = "half_restored")
  private boolean halfRestored;

  @Transient
  private boolean fresh;

  /** For Hibernate. */
  @SuppressWarnings("NullAway.Init")
  protected Site() {}

  Site(UUID id, UUID server, CreateSite wanted, int uid, Instant now) {
    this.id = id;
    this.server = server;
    this.domain = wanted.domain().value();
    this.type = wanted.type().word();
    this.phpVersion = wanted.phpVersion();
    this.status = SiteStatus.PROVISIONING;
    this.uid = uid;
    this.unixUser = "s" + uid;
    this.createdAt = now;
    this.updatedAt = now;
    this.fresh = true;
  }

  /**
   * Moves on to another status.
   *
   * @throws SiteRefused the site's present status does not allow it
   */
  void become(SiteStatus next, Instant now) {
    if (!status.next().contains(next)) {
      throw new SiteRefused(SiteRefused.Reason.NOT_IN_THIS_STATE, "status");
    }
    status = next;
    updatedAt = now;
    if (next != SiteStatus.FAILED) {
      failure = null;
    }
    if (next == SiteStatus.ACTIVE || next == SiteStatus.DISABLED) {
      halfRestored = false;
    }
    if (next == SiteStatus.DELETED && deletedAt == null) {
      deletedAt = now;
    }
  }

  void fail(String sentence, Instant now) {
    become(SiteStatus.FAILED, now);
    failure = sentence;
  }

  /** What it consists of may be of two times from now on; making it again would hide that. */
  void touched() {
    halfRestored = true;
  }

  /** Nothing was replaced after all. */
  void leftAlone() {
    halfRestored = false;
  }

  boolean isHalfRestored() { return halfRestored; }

  /** A change was taken back before it began: the site is what it was. */
  void stays(SiteStatus was, Instant now) {
    if (was == SiteStatus.FAILED) {
      fail("It was not made to the end.", now);
    } else {
      become(was, now);
    }
  }

  /** Its server has put its files aside. */
  void retained(Instant until) {
    retainedUntil = until;
  }

  /** Nothing of it is left anywhere, or it is a site like any other again. */
  void noLongerRetained() {
    purging = false;
    retainedUntil = null;
  }

  /** It is back, as it was: also between two states. */
  void cameBack(SiteStatus as, Instant now) {
    if (halfRestored) {
      fail("A restore of it had failed half-way before it was deleted.", now);
    } else {
      become(as, now);
    }
    noLongerRetained();
    deletedAt = null;
  }

  boolean isRetained() { return retainedUntil != null; }

  /** Whether it can be brought back: its server has all of it, and nobody has begun to remove it. */
  boolean canComeBack() {
    return status == SiteStatus.DELETED && isRetained() && !purging;
  }

  /** Whether its time is over at a moment. */
  boolean isOver(Instant now) {
    return status == SiteStatus.DELETED && retainedUntil != null && !retainedUntil.isAfter(now);
  }

  /** From here on it cannot be brought back, whatever becomes of the removal; if that fails, it is tried again then. */
  void purge(Instant again) {
    purging = true;
    retainedUntil = again;
  }

  void serves(String root, @Nullable String php) {
    documentRoot = root;
    phpVersion = php;
  }

  void certified(Instant until, Instant now) {
    sslEnabled = true;
    sslExpiresAt = until;
    updatedAt = now;
  }

  UUID id() {
    return id;
  }

  UUID server() {
    return server;
  }

  String domain() {
    return domain;
  }

  String type() {
    return type;
  }

  @Nullable
  String phpVersion() {
    return phpVersion;
  }

  SiteStatus status() {
    return status;
  }

  int uid() {
    return uid;
  }

  String unixUser() {
    return unixUser;
  }

  @Override
  public UUID getId() { return id; }

  @Override
  public boolean isNew() { return fresh; }
}
