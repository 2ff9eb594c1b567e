drop table idempotency_key, operation_log_chunk, operation;
drop sequence operation_fence_seq;
