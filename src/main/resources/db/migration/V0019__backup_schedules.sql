-- When a site is backed up by itself, and what is kept of its backups. The numbers of what is kept hold for all backups
-- of this type of this site, whoever asked for them.
create table backup_schedule (
  id             uuid primary key default uuidv7(),
  tenant_id      uuid        not null references tenant (id),
  site_id        uuid        not null,
  backup_type    text        not null check (backup_type in ('FULL', 'FILES', 'DATABASE')),
  cron           text        not null check (length(cron) between 1 and 120),
  zone           text        not null check (length(zone) between 1 and 64),
  -- such as 08:00-18:00,22:00-23:30
  quiet          text        not null default '' check (length(quiet) <= 120),
  -- by how much every time is moved, so that not all schedules begin together
  offset_seconds int         not null check (offset_seconds between 0 and 899),
  -- whether the newest of the runs that nobody started in time is started late
  catch_up       boolean     not null,
  grace_minutes  int         not null check (grace_minutes between 5 and 1440),
  enabled        boolean     not null default true,
  keep_last      int         not null check (keep_last between 0 and 1000),
  keep_daily     int         not null check (keep_daily between 0 and 1000),
  keep_weekly    int         not null check (keep_weekly between 0 and 1000),
  keep_monthly   int         not null check (keep_monthly between 0 and 1000),
  keep_yearly    int         not null check (keep_yearly between 0 and 1000),
  keep_days      int         check (keep_days between 1 and 36500),
  keep_bytes     bigint      check (keep_bytes > 0),
  -- a new backup is proven when nobody has looked at one for so long; 0 for never
  prove_days     int         not null check (prove_days between 0 and 365),
  -- every run that is due until then has a row
  planned_until  timestamptz not null,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, site_id, backup_type),
  foreign key (tenant_id, site_id) references site (tenant_id, id)
);

-- Each run that is expected, written down ahead: one that is not there when it should be is seen.
create table backup_run (
  id          uuid primary key default uuidv7(),
  tenant_id   uuid        not null references tenant (id),
  schedule_id uuid        not null,
  due_at      timestamptz not null,
  start_by    timestamptz not null,
  status      text        not null check (status in ('PLANNED', 'STARTED', 'MISSED')),
  -- it was not started in time, which somebody is told once; it may still be started
  late_at     timestamptz,
  -- why it could not be started when that was last tried
  refused     text,
  -- what became of it is the backup's own status
  backup_id   uuid,
  started_at  timestamptz,
  unique (tenant_id, id),
  unique (tenant_id, schedule_id, due_at),
  check ((status = 'STARTED') = (backup_id is not null)),
  check (status <> 'MISSED' or late_at is not null),
  foreign key (tenant_id, schedule_id) references backup_schedule (tenant_id, id) on delete cascade,
  foreign key (tenant_id, backup_id) references site_backup (tenant_id, id)
);
create index idx_backup_run_due on backup_run (due_at) where status = 'PLANNED';
create index idx_backup_run_backup on backup_run (tenant_id, backup_id) where backup_id is not null;
create index idx_backup_schedule_planned on backup_schedule (planned_until) where enabled;

-- kept whatever the numbers say
alter table site_backup add column pinned boolean not null default false;
