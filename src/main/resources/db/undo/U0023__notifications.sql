drop table notification_delivery;
drop table notification_channel;
drop table notification;
drop sequence notification_number_seq;
