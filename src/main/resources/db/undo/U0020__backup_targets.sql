drop function shared_backup_targets(), shared_backup_target_use(uuid);
drop policy before_tenant on backup_target;
drop policy counts_shared on backup_repository;
drop policy counts_shared on site_backup;
drop policy counts_shared on backup_schedule;
alter table backup_schedule drop column target_id, drop column exclude;

-- what lies elsewhere than on the sites' own servers is forgotten with its place
alter table backup_target no force row level security;
alter table backup_repository no force row level security;
alter table site_backup no force row level security;
alter table backup_proof no force row level security;
alter table backup_run no force row level security;
alter table site_restore no force row level security;
create temporary table gone_repository as
  select r.id from backup_repository r join backup_target t on t.id = r.target_id
  where t.kind <> 'LOCAL' or t.shared_from is not null;
create temporary table gone_backup as
  select b.id from site_backup b join gone_repository r on r.id = b.repository_id;
delete from backup_run where backup_id in (select id from gone_backup);
delete from site_restore where backup_id in (select id from gone_backup);
delete from backup_proof where backup_id in (select id from gone_backup);
delete from site_backup where id in (select id from gone_backup);
delete from backup_repository where id in (select id from gone_repository);
delete from backup_target where kind <> 'LOCAL' or shared_from is not null;
drop table gone_backup, gone_repository;
drop index idx_backup_repository_target;
alter table backup_target drop column status, drop column shared, drop column shared_from, drop column is_default,
  drop column secrets_sealed, drop column public_key, drop column host_key, drop column region, drop column ca_bundle,
  drop column private, drop column upload_kbps, drop column download_kbps, drop column server_id, drop column append_only,
  drop column checked_at, drop column check_failure, drop column created_by, drop column updated_at,
  drop constraint backup_target_kind_check, drop constraint backup_target_location_check,
  alter column location set not null, add constraint backup_target_kind_check check (kind in ('LOCAL')),
  add constraint backup_target_location_check
    check (location ~ '^(/[A-Za-z0-9._-]+)+$' and location !~ '(^|/)\.\.?(/|$)'),
  add constraint backup_target_tenant_id_kind_location_key unique (tenant_id, kind, location);
alter table backup_target force row level security;
alter table backup_repository force row level security;
alter table site_backup force row level security;
alter table backup_proof force row level security;
alter table backup_run force row level security;
alter table site_restore force row level security;
