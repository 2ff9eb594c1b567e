drop index idx_sites_retained;
alter table site drop column purging, drop column retained_until;
