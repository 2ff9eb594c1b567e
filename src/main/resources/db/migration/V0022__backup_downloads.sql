-- Links by which a backup, or a part of it, is downloaded. Only the sum of a link's secret is kept: whoever reads this
-- table downloads nothing.
create table backup_download (
  id            uuid primary key default uuidv7(),
  tenant_id     uuid        not null references tenant (id),
  backup_id     uuid        not null,
  part          text        not null check (part in ('FULL', 'FILES', 'DATABASE')),
  -- one file or directory, relative to the site's home; one database
  path          text        check (path is null or part = 'FILES' and length(path) between 1 and 4096),
  database_name text        check (database_name is null or part = 'DATABASE'),
  compressed    boolean     not null,
  token_hash    text        not null check (token_hash ~ '^[0-9a-f]{64}$'),
  -- it opens for this person alone
  made_by       uuid        not null references app_user (id),
  made_by_label text        not null,
  most_uses     int         not null check (most_uses > 0),
  expires_at    timestamptz not null,
  revoked_at    timestamptz,
  created_at    timestamptz not null default now(),
  unique (tenant_id, id),
  foreign key (tenant_id, backup_id) references site_backup (tenant_id, id)
);
create index idx_backup_download on backup_download (tenant_id, backup_id, created_at desc);
create index idx_backup_download_tenant on backup_download (tenant_id, created_at desc);

-- Each time one was opened. The panel that gives it says every few seconds that it still does: one that has not been heard
-- of is over.
create table backup_download_use (
  id          uuid primary key default uuidv7(),
  tenant_id   uuid        not null references tenant (id),
  download_id uuid        not null,
  -- REFUSED: it ended before its first byte, and does not count
  status      text        not null check (status in ('RUNNING', 'WHOLE', 'BROKEN', 'REFUSED')),
  bytes       bigint      not null default 0 check (bytes >= 0),
  started_at  timestamptz not null default now(),
  seen_at     timestamptz not null default now(),
  ended_at    timestamptz,
  unique (tenant_id, id),
  check ((status = 'RUNNING') = (ended_at is null)),
  foreign key (tenant_id, download_id) references backup_download (tenant_id, id) on delete cascade
);
create index idx_backup_download_use on backup_download_use (tenant_id, download_id);
create index idx_backup_download_running on backup_download_use (tenant_id) where status = 'RUNNING';
