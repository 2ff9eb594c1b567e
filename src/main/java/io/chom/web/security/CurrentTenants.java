package io.chom.web.security;

import io.chom.accounts.Access;
import io.chom.accounts.Accounts;
import io.chom.accounts.Caller;
import io.chom.tenancy.TenantId;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.stereotype.Component;

/** For which tenant a browser works. */
@Component
public class CurrentTenants {
  private final Access access;
  private final Accounts accounts;

  CurrentTenants(Access access, Accounts accounts) {
    this.access = access;
    this.accounts = accounts;
  }

  /**
   * Works for another tenant from now on. False, and nothing changed, for one that the person may not enter: it does
   * not exist for them. An operator's step into a tenant stands in that tenant's audit log.
   */
  public boolean switchTo(HttpServletRequest request, Caller caller, TenantId tenant) {
    if (!access.mayEnter(caller.user(), tenant)) {
      return false;
    }
    if (caller.operator() && !tenant.equals(caller.tenant())) {
      accounts.noteEntered(caller, tenant, request.getRemoteAddr());
    }
    request.getSession().setAttribute(SessionKeys.TENANT, tenant.toString());
    return true;
  }
}
