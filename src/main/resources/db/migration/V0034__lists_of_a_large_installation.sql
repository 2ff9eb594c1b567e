-- What lists and sums of a large tenant or a large fleet read: no more than they show.
create index idx_backups_repository on site_backup (tenant_id, repository_id) where status = 'COMPLETED';
create index idx_backups_tenant_proof on site_backup (tenant_id, proof, created_at desc, id desc)
  where status = 'COMPLETED';
create index idx_vps_server_name on vps_server (tenant_id, lower(name), id) where status <> 'DECOMMISSIONED';

-- The sites on those of the wanted servers that are the current tenant's. All of them were counted before, for each.
drop function server_load();
create function server_load(wanted uuid[]) returns table (server_id uuid, sites bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.id, (select count(*) from site x where x.server_id = s.id and x.status <> 'DELETED')
  from vps_server s
  where s.id = any (wanted) and s.tenant_id = (select nullif(current_setting('chom.tenant', true), '')::uuid)
$$;
revoke all on function server_load(uuid[]) from public;
grant execute on function server_load(uuid[]) to chom_app;
