drop table site;
drop sequence site_uid_seq;
