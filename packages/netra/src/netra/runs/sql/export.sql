-- name: cut
-- Calls whose worker was lost before they ended: nobody will end them any more, and they cost what they held at most.
update llm_calls set outcome = 'cut', ended_at = clock_timestamp()
where outcome = 'open' and ended_at is null and exported_at is null and at < now() - make_interval(secs => $1)
returning user_id, coalesce(input_tokens, 0) + coalesce(output_tokens, 0) as tokens, coalesce(cost_usd, 0) as cost_usd;

-- name: tenants
-- Tenants with ended calls that ClickHouse does not have yet, the longest waiting first.
select tenant_id, min(at) as since from llm_calls
where exported_at is null and ended_at is not null
group by tenant_id order by since limit $1;

-- name: ended
-- A tenant's ended calls that ClickHouse does not have yet.
select id, at, user_id, run_id, role, provider, model, outcome, input_tokens, output_tokens, ms, cost_usd
from llm_calls
where tenant_id = $1 and exported_at is null and ended_at is not null
order by at limit $2;

-- name: exported
-- ClickHouse has them.
update llm_calls set exported_at = clock_timestamp() where id = any($1::uuid[]);

-- name: lock
-- Take the tenant's import lock, the one of `netra data import`, until the transaction ends; false when an import holds it.
select pg_try_advisory_xact_lock(hashtextextended('import:' || $1::uuid::text, 0));
