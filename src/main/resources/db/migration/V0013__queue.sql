-- The queue as it is looked at and steered: further tries, its order, who works on it, and what is paused.

-- A try that failed for a passing reason is followed by another under an id of its own, because a server answers the
-- same id with the same old end. sent_as is the id of the present try; null: the operation's own.
alter table operation
  add column tries   int  not null default 1 check (tries >= 1),
  add column sent_as uuid,
  -- the failed operation that this one asks for again
  add column repeats uuid,
  add foreign key (tenant_id, repeats) references operation (tenant_id, id);
create unique index idx_operations_repeats on operation (tenant_id, repeats) where repeats is not null;

-- The tries that ended and were followed by another.
create table operation_try (
  tenant_id     uuid        not null references tenant (id),
  operation_id  uuid        not null,
  number        int         not null check (number >= 1),
  sent_as       uuid        not null,
  error_code    text        not null,
  error_message text        not null,
  ended_at      timestamptz not null default now(),
  primary key (operation_id, number),
  foreign key (tenant_id, operation_id) references operation (tenant_id, id) on delete cascade
);

-- Panels that carry operations out. Not a tenant's. heard_at is renewed with the leases.
create table worker_node (
  id               text primary key,
  host             text        not null,
  version          text        not null,
  places           int         not null check (places >= 1),
  used             int         not null default 0 check (used >= 0),
  per_server       int         not null check (per_server >= 1),
  per_tenant       int         not null check (per_tenant >= 1),
  patience_seconds int         not null check (patience_seconds >= 0),
  started_at       timestamptz not null default now(),
  heard_at         timestamptz not null default now(),
  draining_since   timestamptz,
  drained_by       text
);

-- What nothing new is taken from until an operator resumes it.
create table queue_pause (
  scope     text primary key check (scope in ('all', 'lane:interactive', 'lane:scheduled')
                                    or scope ~ '^server:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
  reason    text        not null default '' check (length(reason) <= 200),
  paused_by text        not null,
  paused_at timestamptz not null default now()
);

-- Everything that waits for a worker, in the order in which it is taken. One definition for the workers, who take it,
-- and for the pages, which say who is next.
--
-- What a node abandoned goes first: it is under way on its server. Then people before clocks, but what a clock started
-- and has waited longer than `patience` counts like a person's, so that it is never passed for ever. Then the tenant
-- with the fewest running, on each server and in all: a thousand of one tenant never stand before another's first.
--
-- reason: null can be taken as soon as a place is free; LATER waits for its next try; PAUSED by an operator; SUBJECT
-- another change of the same thing is first; SERVER and TENANT have as many running as they may.
-- place: the position among those that can be taken; for SERVER and TENANT in the line there.
create function operation_line(per_server int, per_tenant int, patience interval)
  returns table (id uuid, tenant_id uuid, fresh boolean, reason text, place bigint)
  language sql stable as $$
  with held as (
    select o.tenant_id, o.server_id, o.subject_id, o.lease_owner from operation o
    where o.status in ('RUNNING', 'CANCELLING') and o.lease_expires_at >= now()
  ), waiting as (
    select o.id, o.tenant_id, o.server_id, o.subject_id, o.created_at, o.status = 'QUEUED' as fresh,
           o.lane <> 'interactive' and o.created_at > now() - patience as late,
           case when o.status = 'QUEUED' and o.next_try_at > now() then 'LATER'
                when o.status = 'QUEUED' and exists (select from queue_pause p
                  where p.scope in ('all', 'lane:' || o.lane, 'server:' || o.server_id)) then 'PAUSED'
                when exists (select from held h where h.subject_id = o.subject_id) then 'SUBJECT' end as reason
    from operation o
    where o.status = 'QUEUED' or o.status in ('RUNNING', 'CANCELLING') and o.lease_expires_at < now()
  ), ready as (
    select w.*, row_number() over (partition by w.subject_id order by w.fresh, w.created_at, w.id) as step
    from waiting w where w.reason is null
  ), on_server as (
    select r.*, row_number() over (partition by r.server_id, r.tenant_id order by r.fresh, r.late, r.created_at, r.id)
                + (select count(*) from held h where h.server_id = r.server_id and h.tenant_id = r.tenant_id) as nth
    from ready r where r.step = 1
  ), placed as (
    select s.*, row_number() over (partition by s.server_id order by s.fresh, s.late, s.nth, s.created_at, s.id)
                + (select count(*) from held h where h.server_id = s.server_id) as slot
    from on_server s
  ), turned as (
    -- who waits for a silent server uses no place of its tenant's
    select p.*, row_number() over (partition by p.tenant_id order by p.fresh, p.late, p.created_at, p.id)
                + (select count(*) from held h where h.tenant_id = p.tenant_id and h.lease_owner is not null) as turn
    from placed p where p.server_id is null or p.slot <= per_server
  )
  select t.id, t.tenant_id, t.fresh, null, row_number() over (order by t.fresh, t.late, t.turn, t.created_at, t.id)
  from turned t where not t.fresh or t.turn <= per_tenant
  union all
  select t.id, t.tenant_id, t.fresh, 'TENANT', t.turn - per_tenant from turned t where t.fresh and t.turn > per_tenant
  union all
  select p.id, p.tenant_id, p.fresh, 'SERVER', p.slot - per_server from placed p
  where p.server_id is not null and p.slot > per_server
  union all
  select r.id, r.tenant_id, r.fresh, 'SUBJECT', r.step - 1 from ready r where r.step > 1
  union all
  select w.id, w.tenant_id, w.fresh, w.reason, null from waiting w where w.reason is not null
$$;

-- The limits by which the panels that are at work take operations; the shipped ones while there is none.
create function worker_limits() returns table (per_server int, per_tenant int, patience interval)
  language sql stable as $$
  select coalesce(max(n.per_server), 2), coalesce(max(n.per_tenant), 24),
         make_interval(secs => coalesce(max(n.patience_seconds), 300))
  from worker_node n where n.heard_at > now() - interval '1 minute'
$$;

-- Lines go across tenants; only the current tenant's own places come out.
create policy counts_operations on operation for select to chom_owner using (true);
create function places_in_line() returns table (operation_id uuid, reason text, place bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  select l.id, l.reason, l.place
  from worker_limits() w, operation_line(w.per_server, w.per_tenant, w.patience) l
  where l.fresh and l.tenant_id = (select nullif(current_setting('chom.tenant', true), '')::uuid)
$$;

-- Everything that is not over, with names, for operators. Asks who is asking.
create function queue_for_operator(person uuid)
  returns table (id uuid, tenant_id uuid, tenant_name text, type text, subject_label text, server_id uuid,
                 server_name text, lane text, status text, attempt int, created_at timestamptz, started_at timestamptz,
                 next_try_at timestamptz, waiting_since timestamptz, lease_owner text, lease_expires_at timestamptz,
                 reason text, place bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  select o.id, o.tenant_id, t.name, o.type, o.subject_label, o.server_id, s.name, o.lane, o.status, o.attempt,
         o.created_at, o.started_at, o.next_try_at, o.waiting_since, o.lease_owner, o.lease_expires_at, l.reason, l.place
  from operation o
  join tenant t on t.id = o.tenant_id
  left join vps_server s on s.id = o.server_id
  left join (select x.* from worker_limits() w, operation_line(w.per_server, w.per_tenant, w.patience) x) l
    on l.id = o.id
  where o.status in ('QUEUED', 'RUNNING', 'CANCELLING')
    and exists (select from app_user u where u.id = person and u.operator and not u.disabled)
$$;

revoke all on function operation_line(int, int, interval), worker_limits(), places_in_line(), queue_for_operator(uuid)
  from public;
grant execute on function operation_line(int, int, interval) to chom_jobs;
grant execute on function places_in_line(), queue_for_operator(uuid) to chom_app;
