-- What a server still has of a deleted site, and until when it can be brought back. The name and the place of a deleted
-- site are free for others; its files, its user and its number are not.
alter table site add column retained_until timestamptz;
-- its files are being removed for good: nobody can want it back any more
alter table site add column purging boolean not null default false;
alter table site add constraint site_purging_check check (not purging or status = 'DELETED' and retained_until is not null);
create index idx_sites_retained on site (retained_until) where retained_until is not null and status = 'DELETED';
