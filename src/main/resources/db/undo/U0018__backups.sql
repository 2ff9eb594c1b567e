alter table site drop constraint site_half_restored_check, drop column half_restored;
drop table site_restore, backup_proof, site_backup, backup_repository, backup_target;
