-- What a proof did not look at, in the words of its server.
alter table backup_proof add column skipped jsonb not null default '[]';

-- what waits or is under way on a server is counted for each that could look
create index idx_operations_unfinished on operation (server_id) where status in ('QUEUED', 'RUNNING', 'CANCELLING');

-- Ready servers beside a site's own on which the current tenant has a place: where a backup of the site may be proven.
-- One without daemons proves less than one that has them.
create function proof_places(home uuid)
  returns table (server_id uuid, shared boolean, php_versions text[], free_bytes bigint, busy bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.id, s.tenant_id <> a.tenant_id, s.php_versions, (s.health #>> '{agent,disk,available}')::bigint,
         (select count(*) from operation o where o.server_id = s.id and o.status in ('QUEUED', 'RUNNING', 'CANCELLING'))
  from server_allocation a
  join vps_server s on s.id = a.server_id and s.tenant_id = a.server_tenant_id
  join vps_server h on h.id = home
  where a.tenant_id = (select nullif(current_setting('chom.tenant', true), '')::uuid) and a.withdrawn_at is null
    and s.id <> home and s.status = 'READY' and s.health_layer is null
    and s.maintenance_since is null and (h.rootless or not s.rootless)
$$;
revoke all on function proof_places(uuid) from public;
grant execute on function proof_places(uuid) to chom_app;
