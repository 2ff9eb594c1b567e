drop function proof_places(uuid);
alter table backup_proof drop column skipped;
drop index idx_operations_unfinished;
