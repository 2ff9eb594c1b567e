-- The second lock. Whatever SQL is sent, the database shows a tenant only its own rows.
-- Runs again whenever this file changes; afterMigrate.sql calls protect_tenant_tables() after every migration,
-- so a new table with tenant_id is locked from its first day.

set local client_min_messages = warning;

-- The one policy, in the form that costs least (a sub-select is evaluated once per statement). After a commit the
-- setting is '' and not null: nullif makes both mean "no tenant", which owns no row.
create or replace function protect_tenant_tables() returns void language plpgsql set search_path = public, pg_temp as $$
declare
  wanted record;
  broken text;
begin
  for wanted in select * from tenant_tables() loop
    if not wanted.enabled then
      execute format('alter table %I enable row level security', wanted.name);
    end if;
    if not wanted.forced then
      execute format('alter table %I force row level security', wanted.name);
    end if;
    if not wanted.locked then
      execute format('drop policy if exists one_tenant on %I', wanted.name);
      execute format(
        'create policy one_tenant on %1$I for all to chom_app
           using (%2$I = (select nullif(current_setting(''chom.tenant'', true), '''')::uuid))
           with check (%2$I = (select nullif(current_setting(''chom.tenant'', true), '''')::uuid))',
        wanted.name, wanted.tenant_column);
    end if;
    -- for a copy of the whole: only whoever signed in as the owner, not what runs with the owner's rights
    if not exists (select from pg_policies p where p.schemaname = 'public' and p.tablename = wanted.name
                   and p.policyname = 'whole_copy') then
      execute format(
        'create policy whole_copy on %I for select to chom_owner using ((select session_user) = ''chom_owner'')',
        wanted.name);
    end if;
  end loop;
  select string_agg(problem, '; ') into broken from unprotected_tenant_tables();
  if broken is not null then
    raise exception 'row level security is not complete: %', broken
      using hint = 'Every table with tenant_id needs RLS enabled and forced and exactly the policy one_tenant for chom_app.';
  end if;
end $$;

-- Every table that belongs to tenants: those with tenant_id, and the tenant itself.
create or replace function tenant_tables()
  returns table (name name, tenant_column name, enabled boolean, forced boolean, locked boolean)
  language sql stable set search_path = public, pg_temp as $$
  select c.relname, a.attname, c.relrowsecurity, c.relforcerowsecurity,
         exists (select from pg_policies p
                 where p.schemaname = 'public' and p.tablename = c.relname and p.policyname = 'one_tenant'
                   and p.permissive = 'PERMISSIVE' and p.cmd = 'ALL' and p.roles = '{chom_app}'
                   and p.qual = p.with_check
                   and replace(replace(p.qual, ' AS "nullif"', ''), ' AS nullif', '') = format(
                     '(%I = ( SELECT (NULLIF(current_setting(''chom.tenant''::text, true), ''''::text))::uuid))',
                     a.attname))
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
    and a.attname = case c.relname when 'tenant' then 'id' else 'tenant_id' end
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
$$;

-- What is wrong, in words; empty when every lock holds.
create or replace function unprotected_tenant_tables() returns table (name name, problem text)
  language sql stable set search_path = public, pg_temp as $$
  select t.name, format('table %s has %s', t.name,
      case when not t.enabled then 'row level security switched off'
           when not t.forced then 'row level security not forced on its owner'
           else 'no policy one_tenant of the prescribed form' end)
  from tenant_tables() t where not (t.enabled and t.forced and t.locked)
  union all
  -- permissive policies add up: a second one for the application would be a hole
  select p.tablename, format('table %s has one more policy (%s) for chom_app', p.tablename, p.policyname)
  from pg_policies p join tenant_tables() t on t.name = p.tablename
  where p.schemaname = 'public' and p.policyname <> 'one_tenant' and p.permissive = 'PERMISSIVE'
    and (p.roles && '{chom_app,public}')
  union all
  -- a view reads with its owner's rights unless told otherwise
  select c.relname, format('view %s shows tenant_id without security_invoker', c.relname)
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relnamespace = 'public'::regnamespace
    and (c.relkind = 'm' or c.relkind = 'v'
         and not coalesce(c.reloptions && '{security_invoker=true,security_invoker=on,security_invoker=1}', false))
    and has_table_privilege('chom_app', c.oid, 'select')
$$;

select protect_tenant_tables();

revoke all on function protect_tenant_tables(), tenant_tables(), unprotected_tenant_tables() from public;

-- The application: the least it needs. Nobody may rewrite what was audited or logged.
grant usage on schema public to chom_app, chom_jobs;
revoke all on all tables in schema public from chom_app, chom_jobs;
revoke all on all sequences in schema public from chom_app, chom_jobs;
grant select, insert on organization to chom_app;
grant select on tier_limit, panel_backup to chom_app;
grant select, insert, update on tenant, app_user, api_token, setting to chom_app;
grant select, insert, update, delete on membership, vps_server, server_enrolment, server_allocation, site to chom_app;
grant select, insert, update on operation, site_database to chom_app;
grant select, insert, update on certificate to chom_app;
grant select, insert on backup_proof to chom_app;
grant select, insert, update on backup_target, backup_repository, site_backup, site_restore to chom_app;
grant select, insert, update, delete on backup_schedule, backup_run to chom_app;
grant select, insert, delete, update (number) on notification to chom_app;
grant select, insert, update, delete on notification_channel, notification_delivery to chom_app;
grant usage on sequence notification_number_seq to chom_app;
grant select, insert, update, delete on backup_download, backup_download_use to chom_app;
grant select, insert, delete on ended_session to chom_app;
grant select, insert on operation_log_chunk, operation_try, audit_event to chom_app;
grant select, insert, delete on queue_pause to chom_app;
grant select, update (draining_since, drained_by) on worker_node to chom_app;
grant select, insert, update, delete on watch_node to chom_app;
grant select, insert, update, delete on idempotency_key to chom_app;
grant usage on sequence site_uid_seq, operation_fence_seq to chom_app;

-- The clocks and workers, which must see everyone's queue: no sealed key, no payload change, no move to another tenant.
grant select on operation to chom_jobs;
grant update (status, attempt, fence, lease_owner, lease_expires_at, sent_at, agent_offset, log_length, progress, step,
              error_code, error_message, result, started_at, next_try_at, waiting_since, finished_at)
  on operation to chom_jobs;
grant select, insert on operation_log_chunk to chom_jobs;
grant select (id, tenant_id, name, host, status, capacity_sites, rootless, agent_version, protocol, health_layer, health_at, key_since,
              drift_asked_at, stats_at)
  on vps_server to chom_jobs;
-- whose sites a server's figures may be about
grant select (tenant_id, server_id) on server_allocation to chom_jobs;
grant select, insert, update, delete on worker_node to chom_jobs;
grant select on queue_pause to chom_jobs;
-- which deleted sites are over, and not even their names
grant select (id, tenant_id, status, retained_until) on site to chom_jobs;
-- of a key that is to be forgotten only whose it is and how old: not the request nor its answer
grant select (tenant_id, user_or_token, key, created_at), delete on idempotency_key to chom_jobs;
-- of a certificate only when it is due
grant select (id, tenant_id, site_id, status, renew_at), update (renew_at) on certificate to chom_jobs;
-- which schedules have a run that is due, and which must be looked ahead for
grant select (id, tenant_id, enabled, planned_until) on backup_schedule to chom_jobs;
grant select (schedule_id, status, due_at) on backup_run to chom_jobs;
-- for whom there is something to be told, and not what
grant select (tenant_id, number, occurred_at) on notification to chom_jobs;
grant select (tenant_id, enabled, digest_at) on notification_channel to chom_jobs;
grant select (tenant_id, channel_id, status, next_try_at, lease_until) on notification_delivery to chom_jobs;
grant usage on sequence operation_fence_seq to chom_jobs;

drop policy if exists jobs_read on notification;
drop policy if exists jobs_read on notification_channel;
drop policy if exists jobs_read on notification_delivery;
create policy jobs_read on notification for select to chom_jobs using (true);
create policy jobs_read on notification_channel for select to chom_jobs using (true);
create policy jobs_read on notification_delivery for select to chom_jobs using (true);
drop policy if exists jobs_read on operation;
drop policy if exists jobs_write on operation;
drop policy if exists jobs_read on operation_log_chunk;
drop policy if exists jobs_add on operation_log_chunk;
drop policy if exists jobs_read on vps_server;
drop policy if exists jobs_read on server_allocation;
drop policy if exists jobs_read on idempotency_key;
drop policy if exists jobs_read on site;
drop policy if exists jobs_forget on idempotency_key;
drop policy if exists jobs_read on backup_schedule;
drop policy if exists jobs_read on backup_run;
drop policy if exists jobs_read on certificate;
drop policy if exists jobs_move on certificate;
create policy jobs_read on backup_schedule for select to chom_jobs using (true);
create policy jobs_read on backup_run for select to chom_jobs using (true);
create policy jobs_read on certificate for select to chom_jobs using (true);
create policy jobs_move on certificate for update to chom_jobs using (true) with check (true);
create policy jobs_read on site for select to chom_jobs using (true);
create policy jobs_read on idempotency_key for select to chom_jobs using (true);
create policy jobs_forget on idempotency_key for delete to chom_jobs using (true);
create policy jobs_read on operation for select to chom_jobs using (true);
create policy jobs_write on operation for update to chom_jobs using (true) with check (true);
create policy jobs_read on operation_log_chunk for select to chom_jobs using (true);
create policy jobs_add on operation_log_chunk for insert to chom_jobs with check (true);
create policy jobs_read on vps_server for select to chom_jobs using (true);
create policy jobs_read on server_allocation for select to chom_jobs using (true);

-- Look-ups that come before a tenant is known. They run with the owner's rights, and force applies to the owner too:
-- these policies are all it may see, and the functions below the only way to them.
drop policy if exists before_tenant on tenant;
drop policy if exists before_tenant on membership;
drop policy if exists before_tenant on api_token;
create policy before_tenant on tenant for select to chom_owner using (true);
create policy before_tenant on membership for select to chom_owner using (true);
create policy before_tenant on api_token for select to chom_owner using (true);
drop policy if exists before_tenant on site;
create policy before_tenant on site for select to chom_owner using (true);

-- Which tenants a person belongs to, by name.
create or replace function memberships_of(person uuid)
  returns table (tenant_id uuid, tenant_name text, tenant_slug text, role text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select t.id, t.name, t.slug, m.role
  from membership m join tenant t on t.id = m.tenant_id
  where m.user_id = person and t.status = 'ACTIVE'
  order by t.name
$$;

-- The token behind a hash, if it may be used now.
create or replace function token_by_hash(wanted text)
  returns table (id uuid, tenant_id uuid, user_id uuid, name text, scopes text[], expires_at timestamptz,
                 last_used_at timestamptz)
  language sql stable security definer set search_path = public, pg_temp as $$
  select k.id, k.tenant_id, k.user_id, k.name, k.scopes, k.expires_at, k.last_used_at
  from api_token k join tenant t on t.id = k.tenant_id join app_user u on u.id = k.user_id
  where k.token_hash = wanted and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
    and t.status = 'ACTIVE' and not u.disabled
$$;

-- Every tenant by name: for an operator who chooses one to act for. Asks who is asking.
create or replace function tenants_for_operator(person uuid)
  returns table (id uuid, name text, slug text, tier text, status text, created_at timestamptz)
  language sql stable security definer set search_path = public, pg_temp as $$
  select t.id, t.name, t.slug, t.tier, t.status, t.created_at
  from tenant t
  where exists (select from app_user u where u.id = person and u.operator and not u.disabled)
  order by t.name
$$;

-- What a server is called, whosever it is, and whose; for an operator who pauses it. Asks who is asking.
create or replace function server_name_for_operator(person uuid, wanted uuid) returns text
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.name from vps_server s
  where s.id = wanted and exists (select from app_user u where u.id = person and u.operator and not u.disabled)
$$;

revoke all on function server_name_for_operator(uuid, uuid) from public;
grant execute on function server_name_for_operator(uuid, uuid) to chom_app;

-- What the panel knows of operations that one of the current tenant's servers keeps in its journal; each try has an id of
-- its own there.
drop policy if exists compares_tries on operation_try;
create policy compares_tries on operation_try for select to chom_owner using (true);
create or replace function server_operations(wanted uuid, named uuid[])
  returns table (id uuid, status text, finished_at timestamptz)
  language sql stable security definer set search_path = public, pg_temp as $$
  with asked as (
    select n.id from vps_server s cross join unnest(named) as n (id)
    where s.id = wanted and s.tenant_id = (select nullif(current_setting('chom.tenant', true), '')::uuid)
  )
  select a.id, o.status, o.finished_at from asked a join operation o on o.id = a.id
  union all
  select a.id, o.status, o.finished_at from asked a join operation o on o.sent_as = a.id
  union all
  select a.id, o.status, o.finished_at
  from asked a join operation_try t on t.sent_as = a.id join operation o on o.id = t.operation_id
$$;

-- A name may be held by a tenant whose rows nobody else sees. Whether it is free is all that is told.
create or replace function domain_is_free(wanted text) returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$
  select not exists (select from site where domain = wanted and status <> 'DELETED')
$$;

revoke all on function domain_is_free(text) from public;
grant execute on function domain_is_free(text) to chom_app;
revoke all on function memberships_of(uuid), token_by_hash(text), tenants_for_operator(uuid) from public;
grant execute on function memberships_of(uuid), token_by_hash(text), tenants_for_operator(uuid) to chom_app;
