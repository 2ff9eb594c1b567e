alter table operation drop column copied;
drop table panel_backup;
