-- A restore that ended half-way keeps what was there before as well; under which name, only its server knows.
alter table site_restore drop constraint site_restore_check;
alter table site_restore add constraint site_restore_undoable_check
  check ((status <> 'DONE' or previous is not null) and (status not in ('DONE', 'UNDOING') or until is not null));
