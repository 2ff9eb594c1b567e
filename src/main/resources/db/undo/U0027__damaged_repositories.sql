drop index idx_backup_repository_in_use;
-- those that took over go with what is in them: there is one under each name again
delete from backup_proof p using site_backup b, backup_repository r
  where b.tenant_id = p.tenant_id and b.id = p.backup_id and r.tenant_id = b.tenant_id and r.id = b.repository_id and r.number > 1;
delete from site_restore s using site_backup b, backup_repository r
  where b.tenant_id = s.tenant_id and b.id = s.backup_id and r.tenant_id = b.tenant_id and r.id = b.repository_id and r.number > 1;
update backup_run u set backup_id = null from site_backup b, backup_repository r
  where b.tenant_id = u.tenant_id and b.id = u.backup_id and r.tenant_id = b.tenant_id and r.id = b.repository_id and r.number > 1;
delete from site_backup b using backup_repository r
  where r.tenant_id = b.tenant_id and r.id = b.repository_id and r.number > 1;
delete from backup_repository where number > 1;
alter table backup_repository drop column retired_at, drop column number,
  add unique (tenant_id, site_id, target_id);
