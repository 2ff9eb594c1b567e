-- What of a backup was restored where it was not all of it, and what came with it into another site.
alter table site_restore
  add column paths   jsonb   not null default '[]',
  add column tables  jsonb   not null default '[]',
  -- whether the site's settings got its own database and address
  add column adapt   boolean not null default false,
  -- databases whose logins got other passwords: an undo takes them back
  add column renewed jsonb   not null default '[]',
  -- the site was made for it: until it has come, the site is an empty one
  add column fresh   boolean not null default false,
  -- a sentence, where it failed
  add column failure text;
