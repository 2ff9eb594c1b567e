drop function server_depots(uuid), hold_server(uuid);
drop policy counts_depots on backup_target;
