drop table server_allocation, server_enrolment, vps_server;
