-- name: days
-- What a person used on each UTC day from $2 to $3, days without use too.
with asked as (
    select (created_at at time zone 'utc')::date as day, count(*) as messages
    from runs
    where user_id = $1
      and created_at >= $2::date::timestamp at time zone 'utc'
      and created_at < ($3::date + 1)::timestamp at time zone 'utc'
    group by 1
), called as (
    select (at at time zone 'utc')::date as day, count(*) as calls,
        sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens, sum(cost_usd) as cost_usd,
        count(*) filter (where cost_usd is null and coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > 0) as unpriced
    from llm_calls
    where user_id = $1
      and at >= $2::date::timestamp at time zone 'utc'
      and at < ($3::date + 1)::timestamp at time zone 'utc'
    group by 1
)
select d.day::date as day, coalesce(a.messages, 0) as messages, coalesce(c.calls, 0) as calls,
    coalesce(c.input_tokens, 0) as input_tokens, coalesce(c.output_tokens, 0) as output_tokens,
    coalesce(c.cost_usd, 0)::float8 as cost_usd, coalesce(c.unpriced, 0) as unpriced
from generate_series($2::date::timestamp, $3::date::timestamp, interval '1 day') d (day)
left join asked a on a.day = d.day::date
left join called c on c.day = d.day::date
order by d.day;

-- name: models
-- What a person used of each model on the UTC days from $2 to $3, dearest first.
select provider, model, count(distinct run_id) as messages, count(*) as calls,
    coalesce(sum(input_tokens), 0) as input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
    coalesce(sum(cost_usd), 0)::float8 as cost_usd,
    count(*) filter (where cost_usd is null and coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > 0) as unpriced
from llm_calls
where user_id = $1
  and at >= $2::date::timestamp at time zone 'utc'
  and at < ($3::date + 1)::timestamp at time zone 'utc'
group by provider, model
order by cost_usd desc, calls desc, provider, model;
