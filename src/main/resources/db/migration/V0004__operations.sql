-- Long-running changes. The row is the promise; everything else only wakes somebody.
-- subject_id and server_id are history, not references: an operation outlives what it worked on.

-- A fence is epoch << 32 | n. The epoch is the high half of this one counter: restoring the panel from a copy raises
-- it, so that no server mistakes new work for old.
create sequence operation_fence_seq as bigint start with 4294967297;

create table operation (
  id               uuid primary key default uuidv7(),
  tenant_id        uuid        not null references tenant (id),
  type             text        not null,
  subject_kind     text        not null,
  subject_id       uuid        not null,
  subject_label    text        not null,
  server_id        uuid,
  lane             text        not null default 'interactive' check (lane in ('interactive', 'scheduled')),
  status           text        not null default 'QUEUED' check (status in ('QUEUED', 'RUNNING', 'CANCELLING',
                                                                           'SUCCEEDED', 'FAILED', 'CANCELLED')),
  attempt          int         not null default 0,
  fence            bigint,
  lease_owner      text,
  lease_expires_at timestamptz,
  sent_at          timestamptz,
  agent_offset     bigint      not null default 0,
  log_length       bigint      not null default 0,
  progress         int         not null default 0 check (progress between 0 and 100),
  step             text,
  error_code       text,
  error_message    text,
  payload          jsonb       not null default '{}',
  result           jsonb,
  requested_by     uuid,
  requested_label  text        not null,
  idempotency_key  text,
  created_at       timestamptz not null default now(),
  started_at       timestamptz,
  next_try_at      timestamptz,
  waiting_since    timestamptz,
  finished_at      timestamptz,
  unique (tenant_id, id)
);
create unique index idx_operations_idempotency on operation (tenant_id, idempotency_key)
  where idempotency_key is not null;
create index idx_operations_tenant_status on operation (tenant_id, status);
create index idx_operations_tenant_created on operation (tenant_id, created_at desc, id desc);
create index idx_operations_subject on operation (tenant_id, subject_id, created_at desc);
create index idx_operations_queued on operation (lane, created_at) where status = 'QUEUED';
create index idx_operations_lease on operation (lease_expires_at) where status in ('RUNNING', 'CANCELLING');

create table operation_log_chunk (
  tenant_id    uuid        not null references tenant (id),
  operation_id uuid        not null,
  from_offset  bigint      not null check (from_offset >= 0),
  length       int         not null check (length > 0),
  data         text        not null,
  created_at   timestamptz not null default now(),
  primary key (operation_id, from_offset),
  foreign key (tenant_id, operation_id) references operation (tenant_id, id) on delete cascade
);

create table idempotency_key (
  tenant_id     uuid        not null references tenant (id),
  user_or_token uuid        not null,
  key           text        not null check (length(key) between 1 and 255),
  request_hash  text        not null,
  status        int,
  response      jsonb,
  created_at    timestamptz not null default now(),
  primary key (tenant_id, user_or_token, key)
);
create index idx_idempotency_key_created on idempotency_key (created_at);
