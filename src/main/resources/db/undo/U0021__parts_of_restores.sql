alter table site_restore drop column paths, drop column tables, drop column adapt, drop column renewed, drop column fresh, drop column failure;
