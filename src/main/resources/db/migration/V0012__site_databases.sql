-- A database of a site in its server's MariaDB; it is called <unix_user>_<name> there, and so is its login.
create table site_database (
  id              uuid primary key default uuidv7(),
  tenant_id       uuid        not null references tenant (id),
  site_id         uuid        not null,
  name            text        not null check (name ~ '^[a-z][a-z0-9_]{0,31}$'),
  status          text        not null check (status in ('CREATING', 'CHANGING', 'ACTIVE', 'FAILED', 'DROPPING',
                                                         'DROPPED')),
  failure         text,
  -- sealed under the master key from the request until it was shown, once, to whom it was made for
  password_sealed text,
  password_for    uuid        references app_user (id),
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  unique (tenant_id, id),
  check (status <> 'DROPPED' or password_sealed is null),
  foreign key (tenant_id, site_id) references site (tenant_id, id)
);
create unique index idx_site_database_name on site_database (tenant_id, site_id, name) where status <> 'DROPPED';

-- how old storage_used_mb is; null while nobody has measured
alter table site add column storage_at timestamptz;
-- when a server was last asked for its counters
alter table vps_server add column stats_at timestamptz;
