-- Who is a customer, who is a person, and who may act for whom.
-- Times are timestamptz; ids are UUIDv7, made by the panel (the default serves scripts and tests).

create table organization (
  id         uuid primary key default uuidv7(),
  name       text        not null,
  created_at timestamptz not null default now()
);

-- What a plan allows; -1 is "no limit".
create table tier_limit (
  tier           text primary key,
  max_sites      int not null check (max_sites >= -1),
  max_storage_gb int not null check (max_storage_gb >= -1),
  backup_days    int not null check (backup_days >= 0),
  max_members    int not null check (max_members >= -1),
  api_calls_hour int not null check (api_calls_hour >= -1)
);

create table tenant (
  id              uuid primary key default uuidv7(),
  organization_id uuid        not null references organization (id),
  name            text        not null check (length(name) between 1 and 200),
  slug            text        not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  tier            text        not null references tier_limit (tier),
  status          text        not null default 'ACTIVE' check (status in ('ACTIVE', 'SUSPENDED', 'DELETED')),
  created_at      timestamptz not null default now()
);
create index idx_tenant_organization on tenant (organization_id);

create table app_user (
  id            uuid primary key default uuidv7(),
  email         text        not null unique check (email = lower(email) and length(email) <= 254),
  name          text        not null,
  password_hash text        not null,
  operator      boolean     not null default false,
  created_at    timestamptz not null default now(),
  last_login_at timestamptz,
  disabled      boolean     not null default false
);

create table membership (
  tenant_id  uuid        not null references tenant (id),
  user_id    uuid        not null references app_user (id),
  role       text        not null check (role in ('OWNER', 'ADMIN', 'MEMBER', 'VIEWER')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, user_id)
);
create index idx_membership_user on membership (user_id);

-- Operators' tokens belong to the platform tenant. Only a hash is kept: a token is shown once.
create table api_token (
  id           uuid primary key default uuidv7(),
  tenant_id    uuid        not null references tenant (id),
  user_id      uuid        not null references app_user (id),
  name         text        not null,
  token_hash   text        not null unique,
  scopes       text[]      not null default '{}',
  expires_at   timestamptz,
  last_used_at timestamptz,
  created_at   timestamptz not null default now(),
  revoked_at   timestamptz,
  unique (tenant_id, id)
);
create index idx_api_token_tenant on api_token (tenant_id, created_at desc);

-- Facts about the whole installation (such as the master key's check value).
create table setting (
  key        text primary key,
  value      text        not null,
  updated_at timestamptz not null default now()
);

insert into tier_limit (tier, max_sites, max_storage_gb, backup_days, max_members, api_calls_hour) values
  ('starter', 5, 10, 7, 3, 1000),
  ('pro', 25, 100, 30, 15, 10000),
  ('enterprise', -1, -1, 90, -1, -1);

-- The platform tenant owns shared servers and what operators start, so that tenant_id is never null.
insert into organization (id, name) values ('00000000-0000-7000-8000-000000000001', 'Platform');
insert into tenant (id, organization_id, name, slug, tier) values
  ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 'Platform', 'platform',
   'enterprise');
