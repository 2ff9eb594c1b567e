alter table vps_server drop column stats_at;
alter table site drop column storage_at;
drop table site_database;
