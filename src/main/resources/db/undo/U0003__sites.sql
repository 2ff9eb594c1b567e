drop function if exists domain_is_free(text);
drop table site;
drop sequence site_uid_seq;
