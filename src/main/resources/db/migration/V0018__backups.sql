-- Backups of sites. A repository holds those of one site in one place and has a key of its own: whoever learns one key
-- reads nothing else, and what is removed is removed exactly.

-- Where backups go. One that several tenants may use is a row of each, as a server's places are: what a tenant's rows
-- refer to is always its own.
create table backup_target (
  id         uuid primary key default uuidv7(),
  tenant_id  uuid        not null references tenant (id),
  name       text        not null check (length(name) between 1 and 64),
  -- LOCAL: a directory of the server the site is on
  kind       text        not null check (kind in ('LOCAL')),
  location   text        not null check (location ~ '^(/[A-Za-z0-9._-]+)+$' and location !~ '(^|/)\.\.?(/|$)'),
  created_at timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, kind, location)
);

create table backup_repository (
  id           uuid primary key default uuidv7(),
  tenant_id    uuid        not null references tenant (id),
  site_id      uuid        not null,
  target_id    uuid        not null,
  -- history, not a reference: the server from which it is reached
  server_id    uuid        not null,
  key_sealed   text        not null,
  -- as the server last said
  stored_bytes bigint      not null default 0 check (stored_bytes >= 0),
  created_at   timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, site_id, target_id),
  foreign key (tenant_id, site_id) references site (tenant_id, id),
  foreign key (tenant_id, target_id) references backup_target (tenant_id, id)
);

create table site_backup (
  id            uuid primary key default uuidv7(),
  tenant_id     uuid        not null references tenant (id),
  site_id       uuid        not null,
  repository_id uuid        not null,
  backup_type   text        not null check (backup_type in ('FULL', 'FILES', 'DATABASE')),
  status        text        not null check (status in ('RUNNING', 'COMPLETED', 'FAILED', 'EXPIRED')),
  proof         text        not null default 'UNPROVEN' check (proof in ('UNPROVEN', 'PROVEN', 'BROKEN')),
  proven_at     timestamptz,
  -- what is being done with it; one thing at a time
  activity      text        check (activity in ('PROVING', 'RESTORING', 'REMOVING')),
  snapshot      text        check (snapshot ~ '^[0-9a-f]{64}$'),
  -- the sum by which its server's own record of it is recognised
  manifest      text        check (manifest ~ '^[0-9a-f]{64}$'),
  files         bigint      not null default 0,
  size_bytes    bigint      not null default 0,
  added_bytes   bigint      not null default 0,
  databases     jsonb       not null default '[]',
  failure       text,
  created_at    timestamptz not null default now(),
  finished_at   timestamptz,
  unique (tenant_id, id),
  check (status not in ('COMPLETED') or snapshot is not null and manifest is not null and finished_at is not null),
  check (proof = 'UNPROVEN' or snapshot is not null and proven_at is not null),
  check (activity is null or status = 'COMPLETED'),
  foreign key (tenant_id, site_id) references site (tenant_id, id),
  foreign key (tenant_id, repository_id) references backup_repository (tenant_id, id)
);
create index idx_backups_site_created on site_backup (site_id, created_at);
create index idx_backups_site_type on site_backup (site_id, backup_type);
create index idx_backups_tenant_created on site_backup (tenant_id, created_at desc, id desc);
-- two at once would only wait for each other
create unique index idx_backups_one_running on site_backup (tenant_id, site_id) where status = 'RUNNING';

-- What came of looking at a backup. A proof is as old as its date says, and is never rewritten.
create table backup_proof (
  id         uuid primary key default uuidv7(),
  tenant_id  uuid        not null references tenant (id),
  backup_id  uuid        not null,
  server_id  uuid        not null,
  outcome    text        not null check (outcome in ('PROVEN', 'BROKEN')),
  reasons    jsonb       not null default '[]',
  files      bigint      not null default 0,
  size_bytes bigint      not null default 0,
  tables     bigint      not null default 0,
  table_rows bigint      not null default 0,
  -- what the restored site answered by HTTP; null where there was none to ask
  answered   int,
  restore_ms bigint      not null default 0,
  created_at timestamptz not null default now(),
  foreign key (tenant_id, backup_id) references site_backup (tenant_id, id)
);
create index idx_backup_proof on backup_proof (tenant_id, backup_id, created_at desc);

-- What was restored over a site, and until when the state before can be brought back.
create table site_restore (
  id            uuid primary key default uuidv7(),
  tenant_id     uuid        not null references tenant (id),
  site_id       uuid        not null,
  backup_id     uuid        not null,
  part          text        not null check (part in ('FULL', 'FILES', 'DATABASE')),
  database_name text,
  -- VOID: nothing was replaced
  status        text        not null check (status in ('RUNNING', 'DONE', 'FAILED', 'VOID', 'UNDOING', 'UNDONE')),
  -- under which name its server keeps the state before
  previous      text,
  until         timestamptz,
  created_at    timestamptz not null default now(),
  check (status not in ('DONE', 'UNDOING') or previous is not null and until is not null),
  foreign key (tenant_id, site_id) references site (tenant_id, id),
  foreign key (tenant_id, backup_id) references site_backup (tenant_id, id)
);
create index idx_site_restore on site_restore (tenant_id, site_id, created_at desc);

-- a restore ended between two states: only another one, or the way back, makes a whole site of it again
alter table site add column half_restored boolean not null default false;
alter table site add constraint site_half_restored_check check (not half_restored or status in ('FAILED', 'DELETING', 'DELETED', 'RESTORING'));
