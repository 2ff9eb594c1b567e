create or replace function operation_line(per_server int, per_tenant int, patience interval)
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
