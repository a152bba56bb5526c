-- name: plan
-- Whose plan it is.
select plan from users where id = $1;

-- name: begin
-- A call begins; if its worker is killed, this row stays.
insert into llm_calls (id, user_id, tenant_id, run_id, attempt, role, provider, model, try,
                       input_tokens, output_tokens, cost_usd, estimated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: end
-- A call has ended; no row when it had ended before.
update llm_calls
set outcome = $2, input_tokens = $3, output_tokens = $4, ms = $5, first_ms = $6, cost_usd = $7,
    estimated = $8, ended_at = clock_timestamp()
where id = $1 and ended_at is null
returning id;
