drop function if exists server_name_for_operator(uuid, uuid);
drop function queue_for_operator(uuid), places_in_line(), worker_limits(), operation_line(int, int, interval);
drop policy counts_operations on operation;
drop table queue_pause, worker_node, operation_try;
drop index idx_operations_repeats;
alter table operation drop column repeats, drop column sent_as, drop column tries;
