delete from site_restore where status = 'UNDOING' and previous is null;
alter table site_restore drop constraint site_restore_undoable_check;
alter table site_restore add constraint site_restore_check
  check (status not in ('DONE', 'UNDOING') or previous is not null and until is not null);
