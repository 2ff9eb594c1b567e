drop table certificate;
