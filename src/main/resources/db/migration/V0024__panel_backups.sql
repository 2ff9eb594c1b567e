-- The panel's copies of itself: made by a clock or from the command line. Nobody's tenant.
create table panel_backup (
  id          uuid primary key default uuidv7(),
  status      text        not null check (status in ('RUNNING', 'COMPLETED', 'FAILED')),
  started_by  text        not null check (started_by in ('clock', 'command')),
  -- on which machine the file is, and where
  host        text        not null,
  file        text        not null,
  size_bytes  bigint      check (size_bytes > 0),
  failure     text,
  started_at  timestamptz not null default now(),
  finished_at timestamptz,
  check ((status = 'RUNNING') = (finished_at is null)),
  check ((status = 'COMPLETED') = (size_bytes is not null)),
  check ((status = 'FAILED') = (failure is not null))
);
create index idx_panel_backup_status on panel_backup (status, started_at desc);

-- It was under way when the copy was made from which the panel was restored. Its server may have done it since: it is
-- asked, and is not sent what it does not know.
alter table operation add column copied boolean not null default false;
