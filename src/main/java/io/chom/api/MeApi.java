package io.chom.api;

import io.chom.accounts.Access;
import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Who is calling, and where they may act. */
@Tag(name = "Me")
@RestController
@RequestMapping("/api/v1")
class MeApi {
  private final Access access;

  MeApi(Access access) {
    this.access = access;
  }

  /** @param permissions as scopes, such as {@code sites:read} */
  record Me(UUID userId, String email, String name, boolean operator, UUID tenantId, String tenantName,
      @Nullable String role, List<String> permissions) {}

  record TenantBody(UUID id, String name, String slug) {}

  @Operation(summary = "Who the token or session belongs to")
  @GetMapping("/me")
  @Requires
  Me me(Caller caller) {
    return new Me(caller.user().userId().value(), caller.user().email(), caller.user().name(), caller.operator(),
        caller.tenant().value(), caller.tenantName(), caller.role() == null ? null : caller.role().name(),
        caller.permissions().stream().map(Permission::scope).sorted().toList());
  }

  @Operation(summary = "The tenants the caller may act in")
  @GetMapping("/tenants")
  @Requires
  Page<TenantBody> tenants(Caller caller) {
    return new Page<>(access.reachable(caller.user()).stream()
        .map(tenant -> new TenantBody(tenant.id().value(), tenant.name(), tenant.slug())).toList(), null);
  }
}
