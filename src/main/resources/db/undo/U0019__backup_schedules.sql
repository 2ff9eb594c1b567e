alter table site_backup drop column pinned;
drop table backup_run;
drop table backup_schedule;
