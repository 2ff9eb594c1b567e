drop function server_sites(uuid), server_operations(uuid, uuid[]), withdraw_server_places(uuid);
drop policy sees_places on server_allocation;
drop policy withdraws_places on server_allocation;
alter table server_allocation drop column withdrawn_at;
drop table watch_node;
update vps_server set status = 'FAILED' where status in ('DECOMMISSIONING', 'DECOMMISSIONED');
alter table vps_server
  drop constraint vps_server_status_check,
  add constraint vps_server_status_check check (status in ('ENROLLING', 'PREPARING', 'READY', 'UNREACHABLE',
    'HOST_KEY_CHANGED', 'MAINTENANCE', 'FAILED')),
  drop column agent_release, drop column maintenance_reason, drop column maintenance_since,
  drop column maintenance_until, drop column maintenance_by, drop column other_key, drop column other_key_id,
  drop column other_key_sealed, drop column other_key_public, drop column key_since, drop column drift,
  drop column drift_at, drop column drift_asked_at, drop column drift_fault, drop column decommissioned_at, drop column left_behind;
