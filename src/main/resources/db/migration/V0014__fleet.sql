-- The fleet in operation: who watches it, what is being worked on, keys that are exchanged, what differs.

alter table vps_server
  drop constraint vps_server_status_check,
  add constraint vps_server_status_check check (status in ('ENROLLING', 'PREPARING', 'READY', 'UNREACHABLE',
    'HOST_KEY_CHANGED', 'MAINTENANCE', 'FAILED', 'DECOMMISSIONING', 'DECOMMISSIONED')),
  add column agent_release      text,
  add column maintenance_reason text check (length(maintenance_reason) <= 200),
  add column maintenance_since  timestamptz,
  add column maintenance_until  timestamptz,
  add column maintenance_by     text,
  -- While a key is exchanged there are two. NEXT: made, and not yet seen to open. PREVIOUS: the new one opens and is
  -- in force; the old one may still open until the server has taken it out.
  add column other_key          text check (other_key in ('NEXT', 'PREVIOUS')),
  add column other_key_id       text,
  add column other_key_sealed   text,
  add column other_key_public   text,
  add column key_since          timestamptz not null default now(),
  add column drift              jsonb,
  add column drift_at           timestamptz,
  add column drift_asked_at     timestamptz,
  add column drift_fault        text,
  add column decommissioned_at  timestamptz,
  add column left_behind        text[] not null default '{}',
  add check ((other_key is null) = (other_key_sealed is null));

update vps_server set key_since = created_at;

-- Panels that look after servers. Not a tenant's.
create table watch_node (
  id        text        primary key,
  host      text        not null,
  heard_at  timestamptz not null default now(),
  -- since when this panel itself reaches next to nothing, and how much of how many
  bad_since timestamptz,
  unreached int         not null default 0,
  watched   int         not null default 0
);

-- The sites on one of the current tenant's servers as the panel knows them, whosoever they are, with whether something
-- about them is under way. For comparing with what the server says.
create function server_sites(wanted uuid)
  returns table (site_id uuid, unix_user text, domain text, type text, php_version text, status text,
                 updated_at timestamptz, under_way boolean)
  language sql stable security definer set search_path = public, pg_temp as $$
  select x.id, x.unix_user, x.domain, x.type, x.php_version, x.status, x.updated_at,
         exists (select from operation o where o.subject_id = x.id and o.status in ('QUEUED', 'RUNNING', 'CANCELLING'))
  from vps_server s join site x on x.server_id = s.id
  where s.id = wanted and s.tenant_id = (select nullif(current_setting('chom.tenant', true), '')::uuid)
$$;

-- What the panel knows of operations that one of the current tenant's servers keeps in its journal. A try has an id of
-- its own.
create function server_operations(wanted uuid, named uuid[])
  returns table (id uuid, status text, finished_at timestamptz)
  language sql stable security definer set search_path = public, pg_temp as $$
  select n.id, o.status, o.finished_at
  from vps_server s
  cross join unnest(named) as n (id)
  join operation o on coalesce(o.sent_as, o.id) = n.id or o.id = n.id
  where s.id = wanted and s.tenant_id = (select nullif(current_setting('chom.tenant', true), '')::uuid)
$$;

-- Nobody has a place any more on a server that is decommissioned; sites that were there still name it.
alter table server_allocation add column withdrawn_at timestamptz;
create policy sees_places on server_allocation for select to chom_owner using (true);
create policy withdraws_places on server_allocation for update to chom_owner using (true) with check (true);
create function withdraw_server_places(wanted uuid) returns void
  language sql volatile security definer set search_path = public, pg_temp as $$
  update server_allocation a set withdrawn_at = now() from vps_server s
  where s.id = wanted and s.tenant_id = (select nullif(current_setting('chom.tenant', true), '')::uuid)
    and s.status = 'DECOMMISSIONED' and a.server_id = s.id and a.server_tenant_id = s.tenant_id
$$;

revoke all on function server_sites(uuid), server_operations(uuid, uuid[]), withdraw_server_places(uuid) from public;
grant execute on function server_sites(uuid), server_operations(uuid, uuid[]), withdraw_server_places(uuid)
  to chom_app;
