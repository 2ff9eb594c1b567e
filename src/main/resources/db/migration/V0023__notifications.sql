-- What people are told of, to where, and whether it got there.

-- What happened, written in the transaction in which it happened: nothing of it can get lost on the way to people.
create table notification (
  id            uuid primary key default uuidv7(),
  tenant_id     uuid        not null references tenant (id),
  kind          text        not null check (kind in ('BACKUP_FAILED', 'RUN_MISSED', 'BACKUP_BROKEN', 'OPERATION_FAILED',
                                                     'BACKUP_SUCCEEDED', 'BACKUP_PROVEN')),
  subject_kind  text        not null check (length(subject_kind) between 1 and 40),
  subject_id    uuid        not null,
  subject_label text        not null check (length(subject_label) <= 300),
  -- the operation that ended so, if it was one
  operation_id  uuid,
  -- such as backup.create, or the type of a backup that was missed
  about         text        not null check (length(about) <= 60),
  -- why, for people
  detail        text        not null default '' check (length(detail) <= 500),
  -- when what was missed should have begun
  due_at        timestamptz,
  occurred_at   timestamptz not null,
  -- given when it was handed to the channels, one tenant's after the other: what a digest covers is told by these,
  -- since times of different nodes and transactions are in no sure order
  number        bigint,
  unique (tenant_id, id)
);
create index idx_notification_waiting on notification (tenant_id, occurred_at) where number is null;
create index idx_notification_number on notification (tenant_id, number) where number is not null;
create index idx_notification_occurred on notification (occurred_at);

create sequence notification_number_seq;

-- Where somebody wants to be told what, and when.
create table notification_channel (
  id            uuid primary key default uuidv7(),
  tenant_id     uuid        not null references tenant (id),
  -- whose it is; null for the whole tenant's
  owner_id      uuid        references app_user (id),
  kind          text        not null check (kind in ('EMAIL', 'WEBHOOK', 'SLACK')),
  name          text        not null check (length(name) between 1 and 80),
  -- the owner's own address, as everybody has it without having set anything
  own_address   boolean     not null default false,
  -- an address of mail, or the host of the rest, as it may be shown
  target_shown  text        not null check (length(target_shown) <= 254),
  -- the whole address of a webhook: whoever knows Slack's may write there
  target_sealed text,
  secret_sealed text,
  at_once       text[]      not null default '{}',
  daily         text[]      not null default '{}',
  zone          text        not null default 'UTC' check (length(zone) between 1 and 64),
  hour          int         not null default 8 check (hour between 0 and 23),
  language      text        not null default 'en' check (language in ('en', 'de')),
  enabled       boolean     not null default true,
  -- whether somebody has chosen this, or it is what is usual
  chosen        boolean     not null default true,
  digest_at     timestamptz,
  digest_since  timestamptz not null default now(),
  digest_after  bigint      not null default 0,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  tested_at     timestamptz,
  sent_at       timestamptz,
  failed_at     timestamptz,
  error         text        check (length(error) <= 60),
  error_detail  text        check (length(error_detail) <= 200),
  unique (tenant_id, id),
  check (kind = 'EMAIL' or target_sealed is not null),
  check ((kind = 'WEBHOOK') = (secret_sealed is not null)),
  check (not own_address or (owner_id is not null and kind = 'EMAIL'))
);
create unique index idx_notification_channel_own on notification_channel (tenant_id, owner_id) where own_address;
create index idx_notification_channel_tenant on notification_channel (tenant_id, created_at);
create index idx_notification_channel_digest on notification_channel (digest_at) where enabled and digest_at is not null;

-- One thing to be told on one channel: a row from the beginning to the end, so that it is told once.
create table notification_delivery (
  id              uuid primary key default uuidv7(),
  tenant_id       uuid        not null references tenant (id),
  channel_id      uuid        not null,
  kind            text        not null check (kind in ('AT_ONCE', 'DIGEST', 'TEST')),
  notification_id uuid,
  -- which notifications a digest is about: those after the first number up to the second
  after_number    bigint,
  upto_number     bigint,
  since_at        timestamptz,
  upto_at         timestamptz,
  status          text        not null check (status in ('WAITING', 'SENT', 'FAILED')),
  attempts        int         not null default 0,
  next_try_at     timestamptz not null,
  -- somebody is sending it; by the database's clock
  lease_until     timestamptz,
  error           text        check (length(error) <= 60),
  error_detail    text        check (length(error_detail) <= 200),
  created_at      timestamptz not null,
  ended_at        timestamptz,
  unique (tenant_id, id),
  unique (tenant_id, channel_id, notification_id),
  check ((kind = 'AT_ONCE') = (notification_id is not null)),
  check ((kind = 'DIGEST') = (upto_number is not null)),
  check ((status = 'WAITING') = (ended_at is null)),
  foreign key (tenant_id, channel_id) references notification_channel (tenant_id, id) on delete cascade,
  foreign key (tenant_id, notification_id) references notification (tenant_id, id) on delete cascade
);
create unique index idx_notification_delivery_digest on notification_delivery (tenant_id, channel_id, upto_number)
  where kind = 'DIGEST';
create index idx_notification_delivery_waiting on notification_delivery (next_try_at) where status = 'WAITING';
create index idx_notification_delivery_channel on notification_delivery (tenant_id, channel_id, created_at desc, id desc);
create index idx_notification_delivery_notification on notification_delivery (tenant_id, notification_id)
  where notification_id is not null;
