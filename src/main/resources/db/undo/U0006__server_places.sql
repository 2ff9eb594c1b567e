drop function take_server_place(uuid), server_places(), server_load();
drop policy counts_sites on vps_server;
drop policy counts_sites on site;
drop index idx_sites_on_server;
