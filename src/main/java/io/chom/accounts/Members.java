package io.chom.accounts;

import io.chom.common.UserId;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Who belongs to the current tenant now; for the platform's own tenant these are the operators. */
@Service
public class Members {
  private final JdbcClient jdbc;

  Members(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Somebody who may sign in and belongs here. */
  public record Member(UserId id, String email, Role role) {
    public boolean leads() {
      return role.compareTo(Role.ADMIN) >= 0;
    }
  }

  @Transactional(readOnly = true)
  public List<Member> all() {
    return TenantContext.current().equals(TenantId.PLATFORM)
        ? members("select id, email, 'OWNER' as role from app_user where operator and not disabled order by id")
        : members("""
            select u.id, u.email, m.role from membership m join app_user u on u.id = m.user_id
            where m.tenant_id = :tenant and not u.disabled order by u.id
            """);
  }

  @Transactional(readOnly = true)
  public Optional<Member> find(UserId id) {
    return all().stream().filter(member -> member.id().equals(id)).findFirst();
  }

  /** What the current tenant is called. */
  @Transactional(readOnly = true)
  public String tenantName() {
    return jdbc.sql("select name from tenant where id = :tenant").param("tenant", TenantContext.current().value())
        .query(String.class).optional().orElse("");
  }

  private List<Member> members(String sql) {
    return jdbc.sql(sql).param("tenant", TenantContext.current().value())
        .query((row, _) -> new Member(new UserId(row.getObject("id", UUID.class)), row.getString("email"),
            Role.valueOf(row.getString("role"))))
        .list();
  }
}
