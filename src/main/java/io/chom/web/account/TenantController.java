package io.chom.web.account;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.tenancy.TenantId;
import io.chom.web.security.CurrentTenants;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Lets somebody who belongs to several tenants choose for which one they work. */
@Controller
class TenantController {
  private final CurrentTenants tenants;

  TenantController(CurrentTenants tenants) {
    this.tenants = tenants;
  }

  @Requires
  @PostMapping("/tenant")
  @Nullable
  String choose(@RequestParam UUID tenant, Caller caller, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (tenants.switchTo(request, caller, new TenantId(tenant))) {
      return "redirect:/";
    }
    response.sendError(HttpStatus.NOT_FOUND.value());
    return null;
  }
}
