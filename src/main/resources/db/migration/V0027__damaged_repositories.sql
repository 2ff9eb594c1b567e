-- What restic adds to a damaged repository counts on what is damaged in it. So the next backup goes into another one beside
-- it; the damaged one stays as long as there is a backup in it that somebody may still want to try.
alter table backup_repository
  -- 1 lies under the site's id, n under its id and -n
  add column number int not null default 1 check (number between 1 and 1000),
  add column retired_at timestamptz,
  drop constraint backup_repository_tenant_id_site_id_target_id_key,
  add unique (tenant_id, site_id, target_id, number);
create unique index idx_backup_repository_in_use on backup_repository (tenant_id, site_id, target_id)
  where retired_at is null;
