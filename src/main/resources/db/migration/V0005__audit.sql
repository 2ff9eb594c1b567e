-- Who did what. Rows are only ever added; each carries the hash of the one before it, per tenant.
-- actor and subject are values, not references: deleting a person must not change what happened.

create table audit_event (
  id            uuid primary key default uuidv7(),
  tenant_id     uuid        not null references tenant (id),
  seq           bigint      not null check (seq > 0),
  actor_user    uuid,
  actor_label   text        not null,
  action        text        not null,
  subject_kind  text        not null,
  subject_id    uuid,
  subject_label text        not null,
  detail        jsonb       not null default '{}',
  address       text,
  created_at    timestamptz not null,
  previous_hash text        not null,
  hash          text        not null,
  unique (tenant_id, seq)
);
create index idx_audit_event_tenant_created on audit_event (tenant_id, created_at desc, id desc);
