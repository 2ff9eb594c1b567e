drop function if exists tenants_for_operator(uuid), token_by_hash(text), memberships_of(uuid),
  protect_tenant_tables(), unprotected_tenant_tables(), tenant_tables();
drop table setting, api_token, membership, app_user, tenant, tier_limit, organization;
