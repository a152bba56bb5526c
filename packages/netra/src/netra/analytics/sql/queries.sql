-- name: profile
-- All requests, each workload and each model, most used first, in one reading: how many, from when to when, how complete.
select
    multiIf(grouping(workload) = 0, 'workload', grouping(model) = 0, 'model', 'all') as kind,
    multiIf(kind = 'workload', toString(workload), kind = 'model', toString(model), '') as name,
    sum(request_count) as requests,
    min(first_moment) as first_at,
    max(last_moment) as last_at,
    sum(priced_count) as priced,
    sum(measured_count) as measured,
    sum(error_count) as errors,
    uniqExact(hour) as hours,
    uniqExact(toDate(hour, 'UTC')) as days,
    count() over (partition by kind) as total
from hours
group by grouping sets ((), (workload), (model))
having requests > 0
order by kind, requests desc, name
limit {limit:UInt32} by kind;

-- name: cost
-- Cost, requests and unpriced requests of each group, dearest first; totals are over all groups, not the listed ones.
select
    multiIf({by:String} = 'model', toString(model),
            {by:String} = 'workload', toString(workload),
            {by:String} = 'provider', toString(provider),
            {by:String} = 'day', toString(toDate(hour, 'UTC')), 'all') as key,
    sum(request_count) as requests,
    sum(request_count) - sum(priced_count) as unpriced,
    sum(input_total) as input_sum,
    sum(output_total) as output_sum,
    if(sum(priced_count) = 0, null, sum(cost_total)) as cost,
    count() over () as all_groups,
    sum(sum(request_count)) over () as all_requests,
    sum(sum(request_count) - sum(priced_count)) over () as all_unpriced,
    sum(if(sum(priced_count) = 0, null, sum(cost_total))) over () as all_cost
from hours
group by key
order by if({by:String} = 'day', key, ''), cost desc nulls last, key
limit {limit:UInt32};

-- name: latency
-- Latency of the measured requests of each group: quantiles by linear interpolation (R-7, as Python's statistics).
select
    multiIf({by:String} = 'model', toString(model),
            {by:String} = 'workload', toString(workload),
            {by:String} = 'provider', toString(provider),
            {by:String} = 'day', toString(toDate(at)), 'all') as key,
    count() as requests,
    count(latency_ms) as measured,
    countIf(status != 'ok') as errors,
    avg(latency_ms) as mean,
    min(latency_ms) as least,
    max(latency_ms) as most,
    quantilesExactInclusive(0.5, 0.9, 0.95, 0.99)(latency_ms) as quantiles,
    count() over () as all_groups
from events
group by key
order by if({by:String} = 'day', key, ''), requests desc, key
limit {limit:UInt32};

-- name: tokens
-- Requests, token sums and token quantiles of each group: linear interpolation (R-7, as Python's statistics).
select
    multiIf({by:String} = 'model', toString(model),
            {by:String} = 'workload', toString(workload),
            {by:String} = 'provider', toString(provider),
            {by:String} = 'day', toString(toDate(at)), 'all') as key,
    count() as requests,
    sum(input_tokens) as input_sum,
    sum(output_tokens) as output_sum,
    quantilesExactInclusive(0.5, 0.9, 0.99)(input_tokens) as input_quantiles,
    quantilesExactInclusive(0.5, 0.9, 0.99)(output_tokens) as output_quantiles,
    max(input_tokens) as input_most,
    max(output_tokens) as output_most,
    count() over () as all_groups,
    sum(count()) over () as all_requests,
    sum(sum(input_tokens)) over () as all_input,
    sum(sum(output_tokens)) over () as all_output
from events
group by key
order by if({by:String} = 'day', key, ''), requests desc, key
limit {limit:UInt32};

-- name: span
-- The first and last moment with a request, to choose buckets by.
select
    sum(request_count) as requests,
    if(sum(request_count) = 0, null, min(first_moment)) as first_at,
    if(sum(request_count) = 0, null, max(last_moment)) as last_at
from hours;

-- name: buckets
-- What happened in each step of time that has a request; `bucket` counts steps since 1970.
select
    intDiv(toUnixTimestamp64Micro(at), {step_us:Int64}) as bucket,
    count() as requests,
    countIf(status != 'ok') as errors,
    sum(input_tokens) as input_sum,
    sum(output_tokens) as output_sum,
    countIf(isNull(cost_usd)) as unpriced,
    sum(cost_usd) as cost,
    count(latency_ms) as measured,
    quantileExactInclusive(0.5)(latency_ms) as median_latency
from events
group by bucket
order by bucket;

-- name: segments
-- Each model and workload in two periods: requests, tokens, cost of the priced ones, latency of the measured ones.
select
    toString(workload) as workload_name,
    toString(model) as model_name,
    at >= {current_start:DateTime64(6, 'UTC')} and at < {current_end:DateTime64(6, 'UTC')} as in_current,
    count() as requests,
    countIf(isNotNull(cost_usd)) as priced,
    sum(input_tokens) as input_sum,
    sum(output_tokens) as output_sum,
    sumIf(input_tokens + output_tokens, isNotNull(cost_usd)) as priced_tokens,
    sum(cost_usd) as cost,
    count(latency_ms) as measured,
    sum(latency_ms) as latency_sum
from events
where (at >= {current_start:DateTime64(6, 'UTC')} and at < {current_end:DateTime64(6, 'UTC')})
   or (at >= {baseline_start:DateTime64(6, 'UTC')} and at < {baseline_end:DateTime64(6, 'UTC')})
group by workload_name, model_name, in_current
order by workload_name, model_name, in_current
limit {limit:UInt32};

-- name: mix
-- Requests, tokens and cost by workload, model and price tier, the priced, easy and long ones apart.
select
    toString(workload) as workload_name,
    toString(model) as model_name,
    arrayCount(start -> input_tokens > start, {cuts:Array(UInt32)}) as tier,
    isNotNull(cost_usd) as priced,
    input_tokens <= {easy_input:UInt32} and output_tokens <= {easy_output:UInt32} as easy,
    output_tokens > {cap:UInt32} as long,
    count() as requests,
    countIf(status != 'ok') as errors,
    sum(input_tokens) as input_sum,
    sum(cached_tokens) as cached_sum,
    sum(output_tokens) as output_sum,
    sumIf(output_tokens - {cap:UInt32}, output_tokens > {cap:UInt32}) as over_cap,
    sum(cost_usd) as cost
from events
group by workload_name, model_name, tier, priced, easy, long
order by workload_name, model_name, tier, priced, easy, long;

-- name: observed
-- What each model's own requests add up to: failures, tokens and recorded cost, the most used model first.
select
    toString(model) as model_name,
    sum(request_count) as requests,
    sum(error_count) as errors,
    sum(input_total) as input_sum,
    sum(cached_total) as cached_sum,
    sum(output_total) as output_sum,
    sum(priced_count) as priced,
    if(priced = 0, null, sum(cost_total)) as cost
from hours
group by model_name
order by requests desc, model_name;

-- name: extremes
-- How long each model's requests took, and the most that one of them read.
select
    toString(model) as model_name,
    quantilesExactInclusive(0.5, 0.95)(latency_ms) as quantiles,
    max(input_tokens) as input_most
from events
group by model_name;

-- name: above
-- The few requests that read more than the first tier of some price holds, by the tier they are in.
select
    arrayCount(start -> input_tokens > start, {cuts:Array(UInt32)}) as tier,
    count() as requests,
    sum(input_tokens) as input_sum,
    sum(cached_tokens) as cached_sum,
    sum(output_tokens) as output_sum
from events
where input_tokens > {cuts:Array(UInt32)}[1]
group by tier;

-- name: typical
-- The middle of a model's input and output tokens.
select
    count() as requests,
    quantileExactInclusive(0.5)(input_tokens) as input_median,
    quantileExactInclusive(0.5)(output_tokens) as output_median
from events
where model = {model:String};

-- name: together
-- Sums over single requests from which their correlations follow: ranks are averaged over ties.
select
    count() as n,
    corrStable(x, y) as pearson,
    corrStable(x_rank, y_rank) as spearman
from (
    select
        x, y,
        rank() over (order by x) + (count() over (partition by x) - 1) / 2 as x_rank,
        rank() over (order by y) + (count() over (partition by y) - 1) / 2 as y_rank
    from (
        select
            multiIf({x:String} = 'input_tokens', toFloat64(input_tokens),
                    {x:String} = 'output_tokens', toFloat64(output_tokens),
                    {x:String} = 'cost', toFloat64(cost_usd), latency_ms) as x,
            multiIf({y:String} = 'input_tokens', toFloat64(input_tokens),
                    {y:String} = 'output_tokens', toFloat64(output_tokens),
                    {y:String} = 'cost', toFloat64(cost_usd), latency_ms) as y
        from events
    )
    where isNotNull(x) and isNotNull(y)
);
