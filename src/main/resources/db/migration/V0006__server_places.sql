-- How full servers are. Sites are counted across tenants; only their number comes out, and only for servers the
-- asking tenant may know of: its own, and for placement the platform's.

create index idx_sites_on_server on site (server_id) where status <> 'DELETED';
create policy counts_sites on site for select to chom_owner using (true);
create policy counts_sites on vps_server for select to chom_owner using (true);

-- The sites on each of the current tenant's servers.
create function server_load() returns table (server_id uuid, sites bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.id, (select count(*) from site x where x.server_id = s.id and x.status <> 'DELETED')
  from vps_server s where s.tenant_id = (select nullif(current_setting('chom.tenant', true), '')::uuid)
$$;

-- Ready servers on which the current tenant may have its next site.
create function server_places()
  returns table (server_id uuid, owner uuid, name text, host text, php_versions text[], capacity int, sites bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.id, s.tenant_id, s.name, s.host, s.php_versions, s.capacity_sites,
         (select count(*) from site x where x.server_id = s.id and x.status <> 'DELETED')
  from tenant t join vps_server s on s.tenant_id in (t.id, '00000000-0000-7000-8000-000000000001')
  where t.id = (select nullif(current_setting('chom.tenant', true), '')::uuid) and s.status = 'READY'
$$;

-- Whether one more site fits. Until the caller's transaction ends nobody else is told so for the same server: each
-- statement below sees what was committed after the lock was got.
create function take_server_place(wanted uuid) returns boolean
  language plpgsql volatile security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('chom.server.' || wanted::text, 0));
  return exists (select from server_places() p where p.server_id = wanted and p.sites < p.capacity);
end $$;

revoke all on function server_load(), server_places(), take_server_place(uuid) from public;
grant execute on function server_load(), server_places(), take_server_place(uuid) to chom_app;
