-- name: keep
-- Keep calls that an application reported until ClickHouse has them.
insert into traced_calls (tenant_id, event_id, event)
select $1, event_id, event::json from unnest($2::uuid[], $3::text[]) as given (event_id, event)
on conflict (tenant_id, event_id) do nothing;

-- name: room
-- Whether fewer than so many of a tenant's calls wait; no more are looked at.
select count(*) < $2 from (select from traced_calls where tenant_id = $1 limit $2) as waiting;

-- name: tenants
-- Tenants whose calls wait, the longest waiting first.
select tenant_id, min(received_at) as since from traced_calls group by tenant_id order by since limit $1;

-- name: lock
-- Let one process at a time deliver a tenant's calls, until the transaction ends; false when another one does.
select pg_try_advisory_xact_lock(hashtextextended('traced:' || $1::uuid::text, 0));

-- name: waiting
-- A tenant's calls that wait, oldest first.
select event_id, (received_at at time zone 'UTC')::date as day, event::text as event
from traced_calls where tenant_id = $1 order by received_at, event_id limit $2;

-- name: delivered
-- ClickHouse has them.
delete from traced_calls where tenant_id = $1 and event_id = any($2::uuid[]);
