-- What the panel knows of a site's certificate: one row from the first request on. Renewals run ahead of its end; a
-- renewal that failed changes nothing of the certificate itself.
create table certificate (
  id           uuid primary key default uuidv7(),
  tenant_id    uuid        not null references tenant (id),
  site_id      uuid        not null,
  status       text        not null check (status in ('ISSUING', 'ACTIVE', 'RENEWING', 'FAILED')),
  issuer       text,
  serial       text,
  not_before   timestamptz,
  not_after    timestamptz,
  -- since the last success
  failures     int         not null default 0 check (failures >= 0),
  failure_code text,
  failure      text,
  failed_at    timestamptz,
  -- when the clock asks for a new one; moved on by whoever looks, so that no two look together
  renew_at     timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, site_id),
  foreign key (tenant_id, site_id) references site (tenant_id, id) on delete cascade,
  check (status not in ('ACTIVE', 'RENEWING') or serial is not null and not_after is not null)
);
create index idx_certificates_renew on certificate (renew_at) where status = 'ACTIVE';
