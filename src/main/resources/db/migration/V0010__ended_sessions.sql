-- Sessions that somebody ended, by a hash of their id. Redis forgets an ended session by itself; this remembers the end
-- while Redis cannot be told, and for copies that other nodes keep. Not a tenant's: people belong to several.
create table ended_session (
  user_id      uuid        not null references app_user (id),
  session_hash text        not null,
  ended_at     timestamptz not null default now(),
  primary key (user_id, session_hash)
);
create index idx_ended_session_time on ended_session (ended_at);
