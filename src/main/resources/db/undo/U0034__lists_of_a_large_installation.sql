drop function server_load(uuid[]);
create function server_load() returns table (server_id uuid, sites bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.id, (select count(*) from site x where x.server_id = s.id and x.status <> 'DELETED')
  from vps_server s where s.tenant_id = (select nullif(current_setting('chom.tenant', true), '')::uuid)
$$;
revoke all on function server_load() from public;
grant execute on function server_load() to chom_app;
drop index idx_vps_server_name, idx_backups_tenant_proof, idx_backups_repository;
