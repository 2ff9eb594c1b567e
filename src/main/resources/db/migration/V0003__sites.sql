-- A uid is never given out twice, so that what a deleted site left behind never becomes another site's.
create sequence site_uid_seq as int start with 200000 minvalue 200000;

create table site (
  id              uuid primary key default uuidv7(),
  tenant_id       uuid        not null references tenant (id),
  server_id       uuid        not null,
  domain          text        not null check (domain = lower(domain) and length(domain) <= 253),
  type            text        not null check (type in ('static', 'php')),
  php_version     text,
  status          text        not null check (status in ('PROVISIONING', 'ACTIVE', 'DISABLED', 'FAILED', 'DELETING',
                                                         'DELETED', 'RESTORING', 'UPDATING')),
  uid             int         not null unique default nextval('site_uid_seq'),
  -- not "system_user": PostgreSQL keeps that word for itself
  unix_user       text        not null check (unix_user = 's' || uid),
  document_root   text,
  storage_used_mb bigint      not null default 0 check (storage_used_mb >= 0),
  ssl_enabled     boolean     not null default false,
  ssl_expires_at  timestamptz,
  failure         text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  deleted_at      timestamptz,
  unique (tenant_id, id),
  check (type = 'php' or php_version is null),
  foreign key (tenant_id, server_id) references server_allocation (tenant_id, server_id)
);
-- one name, one site, in the whole installation; a deleted site gives its name back
create unique index idx_sites_domain on site (domain) where status <> 'DELETED';
create index idx_sites_tenant_status on site (tenant_id, status);
create index idx_sites_tenant_created on site (tenant_id, created_at desc, id desc);
create index idx_sites_server on site (tenant_id, server_id);
