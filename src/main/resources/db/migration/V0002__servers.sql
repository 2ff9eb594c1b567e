-- The fleet. A shared server belongs to the platform tenant; a tenant knows it by its allocation.

create table vps_server (
  id                 uuid primary key default uuidv7(),
  tenant_id          uuid        not null references tenant (id),
  name               text        not null check (length(name) between 1 and 100),
  host               text        not null check (length(host) between 1 and 253),
  port               int         not null default 22 check (port between 1 and 65535),
  login_user         text        not null,
  host_key           text        not null,
  host_key_algorithm text        not null,
  key_id             text        not null,
  private_key_sealed text        not null,
  public_key         text        not null,
  status             text        not null check (status in ('ENROLLING', 'PREPARING', 'READY', 'UNREACHABLE',
                                                            'HOST_KEY_CHANGED', 'MAINTENANCE', 'FAILED')),
  rootless           boolean     not null default false,
  capacity_sites     int         not null default 100 check (capacity_sites >= 0),
  agent_version      text,
  protocol           int,
  os                 text,
  php_versions       text[]      not null default '{}',
  health             jsonb,
  health_layer       text,
  health_at          timestamptz,
  created_at         timestamptz not null default now(),
  unique (tenant_id, id)
);
create index idx_vps_server_status on vps_server (tenant_id, status);

create table server_enrolment (
  id                 uuid primary key default uuidv7(),
  tenant_id          uuid        not null references tenant (id),
  host               text        not null,
  port               int         not null check (port between 1 and 65535),
  login_user         text        not null,
  host_key           text,
  host_key_algorithm text,
  status             text        not null,
  error_code         text,
  server_id          uuid,
  requested_by       uuid references app_user (id),
  created_at         timestamptz not null default now(),
  expires_at         timestamptz not null,
  unique (tenant_id, id),
  foreign key (tenant_id, server_id) references vps_server (tenant_id, id) on delete set null (server_id)
);

-- "This tenant may place sites on that server." The server is the tenant's own or the platform's, never a third one's.
create table server_allocation (
  id               uuid primary key default uuidv7(),
  tenant_id        uuid        not null references tenant (id),
  server_id        uuid        not null,
  server_tenant_id uuid        not null,
  server_name      text        not null,
  public_host      text        not null,
  created_at       timestamptz not null default now(),
  unique (tenant_id, server_id),
  foreign key (server_tenant_id, server_id) references vps_server (tenant_id, id),
  check (server_tenant_id in (tenant_id, '00000000-0000-7000-8000-000000000001'))
);
create index idx_server_allocation_server on server_allocation (server_tenant_id, server_id);
