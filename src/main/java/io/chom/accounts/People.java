package io.chom.accounts;

import io.chom.common.UserId;
import io.chom.tenancy.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Reads who people are and where they belong: what is asked before a tenant is known. */
@Repository
class People {
  /**
   * A person as stored.
   *
   * @param endedSessions hashes of the ids of sessions that were ended lately
   * @param restored which restore of the panel this is; empty where it was never restored
   */
  record Person(UserId id, String email, String name, String passwordHash, boolean operator, boolean disabled,
      Set<String> endedSessions, String restored) {
    SignedIn signedIn() {
      return new SignedIn(id, email, name, operator);
    }

    /** Tells passwords apart and tells nothing of them; and sessions of a panel apart from those before its restore. */
    String stamp() {
      return Hashes.sha256(restored + passwordHash).substring(0, 32);
    }

    @Override
    public String toString() {
      return "Person[" + email + "]";
    }
  }

  private static final String SELECT = """
      select id, email, name, password_hash, operator, disabled,
             array(select session_hash from ended_session where user_id = app_user.id) as ended,
             coalesce((select value from setting where key = 'panel.restored'), '') as restored
      from app_user where\s""";

  /** Longer than any session lives unused. */
  private static final Duration ENDS_KEPT = Duration.ofDays(1);

  private final JdbcClient jdbc;

  People(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  Optional<Person> byEmail(String email) {
    return person("email = :wanted", email);
  }

  Optional<Person> byId(UserId id) {
    return person("id = :wanted", id.value());
  }

  private Optional<Person> person(String condition, Object wanted) {
    return jdbc.sql(SELECT + condition).param("wanted", wanted)
        .query((row, _) -> new Person(new UserId(row.getObject("id", UUID.class)), row.getString("email"),
            row.getString("name"), row.getString("password_hash"), row.getBoolean("operator"),
            row.getBoolean("disabled"), Set.of((String[]) row.getArray("ended").getArray()),
            row.getString("restored")))
        .optional();
  }

  /** Remembers the end of a session; forgets those that ended so long ago that nothing keeps them any more. */
  void endSession(UserId person, String sessionHash) {
    jdbc.sql("delete from ended_session where ended_at < now() - make_interval(secs => :seconds)")
        .param("seconds", ENDS_KEPT.toSeconds()).update();
    jdbc.sql("insert into ended_session (user_id, session_hash) values (:person, :hash) on conflict do nothing")
        .param("person", person.value()).param("hash", sessionHash).update();
  }

  /** Active tenants only, by name. */
  List<Membership> memberships(UserId person) {
    return jdbc.sql("select tenant_id, tenant_name, tenant_slug, role from memberships_of(:person)")
        .param("person", person.value())
        .query((row, _) -> new Membership(new TenantId(row.getObject("tenant_id", UUID.class)),
            row.getString("tenant_name"), row.getString("tenant_slug"), Role.valueOf(row.getString("role"))))
        .list();
  }

  /** Every tenant that is not deleted, the platform's own first, then by name; none unless an operator asks. */
  List<TenantName> allTenants(UserId operator) {
    return jdbc.sql("""
        select id, name, slug from tenants_for_operator(:person) where status <> 'DELETED'
        order by id <> :platform, name
        """).param("person", operator.value()).param("platform", TenantId.PLATFORM.value())
        .query((row, _) -> new TenantName(
            new TenantId(row.getObject("id", UUID.class)), row.getString("name"), row.getString("slug")))
        .list();
  }
}
