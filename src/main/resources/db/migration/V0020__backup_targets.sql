-- Backups may lie elsewhere than on a site's own server: in places of the tenant's own, and in those an operator shares.

alter table backup_target drop constraint backup_target_kind_check, drop constraint backup_target_location_check,
  drop constraint backup_target_tenant_id_kind_location_key, alter column location drop not null,
  add constraint backup_target_kind_check check (kind in ('LOCAL', 'SFTP', 'S3', 'REST', 'SERVER')),
  -- NEW: nobody has got in yet, and nothing goes there. UNREACHABLE: the last who looked did not get in. REMOVED rows
  -- stay for what refers to them, and open nothing any more
  add column status text not null default 'READY'
    check (status in ('NEW', 'READY', 'UNREACHABLE', 'REMOVING', 'REMOVED')),
  -- offered by the platform to every tenant
  add column shared boolean not null default false
    check (not shared or tenant_id = '00000000-0000-7000-8000-000000000001'),
  -- a tenant's own row of a shared one: where that is and what opens it stay with whoever shares it
  add column shared_from uuid,
  -- where a tenant's backups go when nobody says
  add column is_default boolean not null default false,
  -- all that opens it and the key of what a check writes there, sealed together
  add column secrets_sealed text,
  add column public_key text,
  -- one line of known_hosts without the host; no other key is believed
  add column host_key text check (host_key ~ '^[a-z0-9@.-]+ [A-Za-z0-9+/=]+$'),
  add column region text check (region ~ '^[a-z0-9-]{1,64}$'),
  add column ca_bundle text check (length(ca_bundle) <= 40000),
  -- an operator allowed this host although its address is not public
  add column private boolean not null default false,
  add column upload_kbps int check (upload_kbps between 64 and 10000000),
  add column download_kbps int check (download_kbps between 64 and 10000000),
  -- what was written there cannot be removed again, as whoever looked last saw it
  add column append_only boolean not null default false,
  -- of kind SERVER: on which; history, not a reference
  add column server_id uuid,
  add column checked_at timestamptz,
  add column check_failure text,
  add column created_by text not null default 'CHOM',
  add column updated_at timestamptz not null default now(),
  add constraint backup_target_location_check check (location is null or length(location) <= 400 and case kind
    when 'LOCAL' then location ~ '^(/[A-Za-z0-9._-]+)+$'
    when 'S3' then location ~ '^s3:https?://[]a-z0-9.:[-]+(/[A-Za-z0-9._-]+)+$'
    when 'REST' then location ~ '^rest:https?://[]a-z0-9.:[-]+(/[A-Za-z0-9._-]+)*$'
    else location ~ '^sftp://[A-Za-z0-9_][A-Za-z0-9._-]*@[]a-z0-9.:[-]+/?(/[A-Za-z0-9._-]+)+$' end
    and location !~ '/\.\.?(/|$)'),
  -- a depot on a server of ours has none before it is made
  add constraint backup_target_place_check check (case when shared_from is not null then location is null
    when kind = 'SERVER' then server_id is not null else location is not null end),
  add constraint backup_target_removed_check check (status <> 'REMOVED' or secrets_sealed is null and not is_default);

create unique index idx_backup_target_place on backup_target (tenant_id, kind, location) where status <> 'REMOVED';
create unique index idx_backup_target_name on backup_target (tenant_id, lower(name))
  where status <> 'REMOVED' and shared_from is null and kind <> 'LOCAL';
create unique index idx_backup_target_shared on backup_target (tenant_id, shared_from) where status <> 'REMOVED';
create unique index idx_backup_target_default on backup_target (tenant_id) where is_default;
create index idx_backup_target_adopted on backup_target (shared_from) where shared_from is not null;
create index idx_backup_repository_target on backup_repository (tenant_id, target_id);

-- null: wherever the tenant's backups go. What is left out of each is named as restic names it, relative to the home
alter table backup_schedule add column target_id uuid, add column exclude jsonb not null default '[]',
  add foreign key (tenant_id, target_id) references backup_target (tenant_id, id);
create index idx_backup_schedule_target on backup_schedule (tenant_id, target_id) where target_id is not null;

-- What the platform shares, for any tenant; what opens it is sealed, and only the panel has the key.
create policy before_tenant on backup_target for select to chom_owner using (shared or shared_from is not null);
create function shared_backup_targets() returns setof backup_target
  language sql stable security definer set search_path = public, pg_temp as $$
  select * from backup_target
  where shared and status <> 'REMOVED' and (select nullif(current_setting('chom.tenant', true), '')) is not null
$$;

-- How much of all tenants' lies in or goes to a shared one; told to the platform alone.
create policy counts_shared on backup_repository for select to chom_owner using (true);
create policy counts_shared on site_backup for select to chom_owner using (true);
create policy counts_shared on backup_schedule for select to chom_owner using (true);
create function shared_backup_target_use(wanted uuid) returns table (backups bigint, schedules bigint, defaults bigint)
  language sql stable security definer set search_path = public, pg_temp as $$
  select (select count(*) from backup_target t
          join backup_repository r on r.tenant_id = t.tenant_id and r.target_id = t.id
          join site_backup b on b.tenant_id = r.tenant_id and b.repository_id = r.id
            and b.status in ('RUNNING', 'COMPLETED')
          where t.shared_from = wanted),
         (select count(*) from backup_target t
          join backup_schedule s on s.tenant_id = t.tenant_id and s.target_id = t.id where t.shared_from = wanted),
         (select count(*) from backup_target t where t.shared_from = wanted and t.is_default)
  where (select nullif(current_setting('chom.tenant', true), '')::uuid) = '00000000-0000-7000-8000-000000000001'
$$;
revoke all on function shared_backup_targets(), shared_backup_target_use(uuid) from public;
grant execute on function shared_backup_targets(), shared_backup_target_use(uuid) to chom_app;
