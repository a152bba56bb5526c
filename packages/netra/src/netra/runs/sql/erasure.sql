-- name: due
-- Name tenants that are gone for longer than any of their runs can have gone on, and whose data is not erased yet.
select tenant_id from erasures where done_at is null and asked_at < now() - interval '5 minutes' order by asked_at limit 20;

-- name: forget_calls
-- Remove the records of a tenant's model calls.
delete from llm_calls where tenant_id = $1;

-- name: done
-- Note that nothing of the tenant is left.
update erasures set done_at = now() where tenant_id = $1;
