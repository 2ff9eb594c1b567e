-- Depots on one of the current tenant's servers, whosoever they are: while there is one, the server does not leave.
create policy counts_depots on backup_target for select to chom_owner using (server_id is not null);
create function server_depots(wanted uuid) returns table (name text, owner text, holds boolean)
  language sql stable security definer set search_path = public, pg_temp as $$
  select t.name, o.name, exists (select from backup_repository r join site_backup b on b.tenant_id = r.tenant_id
                                   and b.repository_id = r.id and b.status in ('RUNNING', 'COMPLETED')
                                 where r.tenant_id = t.tenant_id and r.target_id = t.id)
  from vps_server s
  join backup_target t on t.server_id = s.id and t.kind = 'SERVER' and t.shared_from is null and t.status <> 'REMOVED'
  join tenant o on o.id = t.tenant_id
  where s.id = wanted and s.tenant_id = (select nullif(current_setting('chom.tenant', true), '')::uuid)
$$;

-- Whether a server on which the current tenant has a place stays in the fleet. Until the caller's transaction ends it does
-- not begin to leave.
create function hold_server(wanted uuid) returns boolean
  language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
  asking uuid := nullif(current_setting('chom.tenant', true), '')::uuid;
begin
  perform pg_advisory_xact_lock(hashtextextended('chom.server.' || wanted::text, 0));
  return exists (select from vps_server s
                 where s.id = wanted and s.status not in ('DECOMMISSIONING', 'DECOMMISSIONED')
                   and (s.tenant_id = asking or exists (select from server_allocation a
                          where a.tenant_id = asking and a.server_id = s.id and a.withdrawn_at is null)));
end $$;

revoke all on function server_depots(uuid), hold_server(uuid) from public;
grant execute on function server_depots(uuid), hold_server(uuid) to chom_app;
