package io.chom.accounts;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import com.github.benmanes.caffeine.cache.Ticker;
import io.chom.accounts.Tokens.KnownToken;
import io.chom.common.UserId;
import io.chom.tenancy.TenantId;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

/** The one place that decides who may do what where. A right that was withdrawn is gone within five seconds. */
@Service
public class Access {
  private static final Duration BELIEVED_FOR = Duration.ofSeconds(5);

  /** What is true of a person now. An account that is disabled or gone has no user. */
  private record Standing(@Nullable SignedIn user, List<Membership> memberships, List<TenantName> reachable,
      String stamp, Set<String> endedSessions) {
    static final Standing NONE = new Standing(null, List.of(), List.of(), "", Set.of());

    boolean exists() {
      return user != null;
    }

    boolean operator() {
      return user != null && user.operator();
    }

    Optional<TenantName> reach(TenantId tenant) {
      return reachable.stream().filter(reached -> reached.id().equals(tenant)).findFirst();
    }
  }

  private final People people;
  private final Tokens tokens;
  private final LoadingCache<UserId, Standing> standings;

  @Autowired
  Access(People people, Tokens tokens) {
    this(people, tokens, Ticker.systemTicker());
  }

  Access(People people, Tokens tokens, Ticker ticker) {
    this.people = people;
    this.tokens = tokens;
    this.standings = Caffeine.newBuilder().maximumSize(100_000).expireAfterWrite(BELIEVED_FOR).ticker(ticker)
        .build(this::look);
  }

  /** What a role may do in its tenant. */
  public static Set<Permission> of(Role role) {
    var may = EnumSet.of(Permission.SITES_READ, Permission.BACKUPS_READ, Permission.OPERATIONS_READ,
        Permission.METRICS_READ,
        Permission.TEAM_READ, Permission.NOTIFICATIONS_READ, Permission.NOTIFICATIONS_WRITE);
    if (role == Role.VIEWER) {
      return may;
    }
    may.addAll(
        Set.of(Permission.SITES_WRITE, Permission.BACKUPS_WRITE, Permission.BACKUPS_RUN, Permission.OPERATIONS_WRITE));
    if (role == Role.MEMBER) {
      return may;
    }
    may.addAll(Set.of(Permission.SITES_DELETE, Permission.BACKUPS_RESTORE, Permission.BACKUPS_SCHEDULE,
        Permission.BACKUPS_DELETE,
        Permission.NOTIFICATIONS_MANAGE, Permission.AUDIT_READ, Permission.TEAM_WRITE, Permission.TOKENS_READ,
        Permission.TOKENS_WRITE));
    if (role == Role.OWNER) {
      may.add(Permission.TENANT_WRITE);
    }
    return may;
  }

  /**
   * A signed-in person in a tenant; in the one they see first where none is named. Empty when the person may not be
   * signed in any more. In a tenant they do not belong to, they may do nothing. Only the id of {@code user} counts: name
   * and office are those of today.
   */
  public Optional<Caller> caller(SignedIn user, @Nullable TenantId wanted) {
    return in(standings.get(user.userId()), wanted, null);
  }

  /** Whoever shows this token; empty when it opens nothing. Never more than both its scopes and its owner may. */
  public Optional<Caller> caller(String token) {
    return tokens.find(token).flatMap(this::withToken);
  }

  private Optional<Caller> withToken(KnownToken token) {
    return in(standings.get(token.user()), token.tenant(), token.id()).map(whole -> {
      var allowed = EnumSet.noneOf(Permission.class);
      whole.permissions().stream().filter(token::covers).forEach(allowed::add);
      return new Caller(whole.user(), whole.tenant(), whole.tenantName(), whole.role(), whole.operator(), allowed,
          token.id());
    });
  }

  /** Whether the person may step into the tenant. */
  public boolean mayEnter(SignedIn user, TenantId tenant) {
    if (standings.get(user.userId()).reach(tenant).isEmpty()) {
      // it may have been made a moment ago
      forget(user.userId());
    }
    return standings.get(user.userId()).reach(tenant).isPresent();
  }

  /** The tenants a person may step into: their own, or for an operator all, the platform's own first. */
  public List<TenantName> reachable(SignedIn user) {
    return standings.get(user.userId()).reachable();
  }

  /**
   * A word that changes with the person's password: a session that holds another one was made before the change. Empty
   * for somebody who may not be signed in any more.
   */
  public Optional<String> stamp(UserId user) {
    var standing = standings.get(user);
    return standing.exists() ? Optional.of(standing.stamp()) : Optional.empty();
  }

  /** Whether the person signed out of this session, wherever a copy of it may still be. */
  public boolean hasEnded(UserId user, String session) {
    var ended = standings.get(user).endedSessions();
    return !ended.isEmpty() && ended.contains(hashOf(session));
  }

  static String hashOf(String session) {
    return Hashes.sha256(session);
  }

  /** Forgets what is believed of somebody whose rights have just changed. */
  void forget(UserId user) {
    standings.invalidate(user);
  }

  /** Asks again, for what goes on long after the request that started it, such as an event stream. */
  public boolean stillAllowed(Caller caller, Permission permission) {
    return caller.can(permission)
        && in(standings.get(caller.user().userId()), caller.tenant(), null).filter(now -> now.can(permission))
            .isPresent()
        && (caller.token() == null || tokens.isLive(caller.tenant(), caller.token()));
  }

  private static Optional<Caller> in(Standing standing, @Nullable TenantId wanted, @Nullable UUID token) {
    var user = standing.user();
    if (user == null) {
      return Optional.empty();
    }
    var tenant = wanted != null
        ? wanted
        : standing.reachable().stream().findFirst().map(TenantName::id).orElse(TenantId.NONE);
    var reached = standing.reach(tenant);
    var role = standing.memberships().stream().filter(place -> place.tenant().equals(tenant)).findFirst()
        .map(Membership::role).orElse(null);
    Set<Permission> may = reached.isEmpty()
        ? Set.of()
        : standing.operator() ? EnumSet.allOf(Permission.class) : role == null ? Set.of() : of(role);
    var name = reached.map(TenantName::name).orElse("");
    return Optional.of(new Caller(user, tenant, name, role, standing.operator(), may, token));
  }

  private Standing look(UserId id) {
    return people.byId(id).filter(person -> !person.disabled()).map(this::standing).orElse(Standing.NONE);
  }

  private Standing standing(People.Person person) {
    var memberships = people.memberships(person.id());
    var reachable = person.operator()
        ? people.allTenants(person.id())
        : memberships.stream().map(place -> new TenantName(place.tenant(), place.tenantName(), place.slug())).toList();
    return new Standing(person.signedIn(), memberships, reachable, person.stamp(), person.endedSessions());
  }
}
