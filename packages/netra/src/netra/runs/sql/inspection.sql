-- name: run
-- How one run stands.
select position, id as run_id, user_id, tenant_id, status, reason, attempt, revision,
       created_at, started_at, finished_at, deadline_at
from runs where id = $1;

-- name: steps
-- The log of a run without contents: only fields that netra itself fills with names, words of a list and numbers.
select seq, type, agent, at, octet_length(data::text) as bytes,
    data ->> 'call_id' as call_id, data ->> 'tool' as tool, data ->> 'status' as status,
    (data ->> 'ms')::float8 as ms, data ->> 'to' as to,
    case when type = 'agent_failed' then data ->> 'reason' end as reason, data ->> 'component' as component
from run_events where run_id = $1 order by seq;

-- name: calls
-- The calls of language models for a run, in their order.
select at, role, provider, model, attempt, try as tried, outcome, input_tokens, output_tokens, ms, first_ms,
    cost_usd::float8 as cost_usd, estimated
from llm_calls where run_id = $1 order by at, try;
