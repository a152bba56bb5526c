-- name: create_hours
-- What happened in each hour, per import, so that it is as visible as the import: sums that are exact, and bounds.
create table if not exists workload_hours (
    tenant_id     UUID,
    import_id     UUID,
    hour          DateTime('UTC'),
    workload      LowCardinality(String),
    model         LowCardinality(String),
    provider      LowCardinality(String),
    requests      SimpleAggregateFunction(sum, UInt64),
    errors        SimpleAggregateFunction(sum, UInt64),
    input_sum     SimpleAggregateFunction(sum, UInt64),
    output_sum    SimpleAggregateFunction(sum, UInt64),
    cached_sum    SimpleAggregateFunction(sum, UInt64),
    priced        SimpleAggregateFunction(sum, UInt64),
    priced_tokens SimpleAggregateFunction(sum, UInt64),
    cost          SimpleAggregateFunction(sum, Decimal(38, 12)),
    measured      SimpleAggregateFunction(sum, UInt64),
    latency_sum   SimpleAggregateFunction(sum, Float64),
    first_at      SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    last_at       SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
engine = AggregatingMergeTree
partition by toYYYYMM(hour)
order by (tenant_id, hour, workload, model, provider, import_id);

-- name: create_days
-- The same for each day.
create table if not exists workload_days (
    tenant_id     UUID,
    import_id     UUID,
    day           Date,
    workload      LowCardinality(String),
    model         LowCardinality(String),
    provider      LowCardinality(String),
    requests      SimpleAggregateFunction(sum, UInt64),
    errors        SimpleAggregateFunction(sum, UInt64),
    input_sum     SimpleAggregateFunction(sum, UInt64),
    output_sum    SimpleAggregateFunction(sum, UInt64),
    cached_sum    SimpleAggregateFunction(sum, UInt64),
    priced        SimpleAggregateFunction(sum, UInt64),
    priced_tokens SimpleAggregateFunction(sum, UInt64),
    cost          SimpleAggregateFunction(sum, Decimal(38, 12)),
    measured      SimpleAggregateFunction(sum, UInt64),
    latency_sum   SimpleAggregateFunction(sum, Float64),
    first_at      SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    last_at       SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
engine = AggregatingMergeTree
partition by toYYYYMM(day)
order by (tenant_id, day, workload, model, provider, import_id);

-- name: fill_hours
-- Every insert into the events goes into the hours too.
create materialized view if not exists workload_hours_fill to workload_hours as
select
    tenant_id, import_id, toStartOfHour(toDateTime(at, 'UTC')) as hour, workload, model, provider,
    count() as requests, countIf(status != 'ok') as errors,
    sum(input_tokens) as input_sum, sum(output_tokens) as output_sum, sum(cached_tokens) as cached_sum,
    countIf(isNotNull(cost_usd)) as priced,
    sumIf(input_tokens + output_tokens, isNotNull(cost_usd)) as priced_tokens,
    sum(toDecimal128(ifNull(cost_usd, 0), 12)) as cost,
    count(latency_ms) as measured, sum(ifNull(latency_ms, 0)) as latency_sum,
    min(at) as first_at, max(at) as last_at
from workload_events
group by tenant_id, import_id, hour, workload, model, provider;

-- name: fill_days
-- Every insert into the events goes into the days too.
create materialized view if not exists workload_days_fill to workload_days as
select
    tenant_id, import_id, toDate(at, 'UTC') as day, workload, model, provider,
    count() as requests, countIf(status != 'ok') as errors,
    sum(input_tokens) as input_sum, sum(output_tokens) as output_sum, sum(cached_tokens) as cached_sum,
    countIf(isNotNull(cost_usd)) as priced,
    sumIf(input_tokens + output_tokens, isNotNull(cost_usd)) as priced_tokens,
    sum(toDecimal128(ifNull(cost_usd, 0), 12)) as cost,
    count(latency_ms) as measured, sum(ifNull(latency_ms, 0)) as latency_sum,
    min(at) as first_at, max(at) as last_at
from workload_events
group by tenant_id, import_id, day, workload, model, provider;

-- name: backfill_hours
-- Imports from before there were hours; repeated after an interruption it adds nothing twice.
insert into workload_hours
select
    tenant_id, import_id, toStartOfHour(toDateTime(at, 'UTC')) as hour, workload, model, provider,
    count() as requests, countIf(status != 'ok') as errors,
    sum(input_tokens) as input_sum, sum(output_tokens) as output_sum, sum(cached_tokens) as cached_sum,
    countIf(isNotNull(cost_usd)) as priced,
    sumIf(input_tokens + output_tokens, isNotNull(cost_usd)) as priced_tokens,
    sum(toDecimal128(ifNull(cost_usd, 0), 12)) as cost,
    count(latency_ms) as measured, sum(ifNull(latency_ms, 0)) as latency_sum,
    min(at) as first_at, max(at) as last_at
from workload_events
where import_id not in (select import_id from workload_hours)
group by tenant_id, import_id, hour, workload, model, provider;

-- name: backfill_days
-- The same for days.
insert into workload_days
select
    tenant_id, import_id, toDate(at, 'UTC') as day, workload, model, provider,
    count() as requests, countIf(status != 'ok') as errors,
    sum(input_tokens) as input_sum, sum(output_tokens) as output_sum, sum(cached_tokens) as cached_sum,
    countIf(isNotNull(cost_usd)) as priced,
    sumIf(input_tokens + output_tokens, isNotNull(cost_usd)) as priced_tokens,
    sum(toDecimal128(ifNull(cost_usd, 0), 12)) as cost,
    count(latency_ms) as measured, sum(ifNull(latency_ms, 0)) as latency_sum,
    min(at) as first_at, max(at) as last_at
from workload_events
where import_id not in (select import_id from workload_days)
group by tenant_id, import_id, day, workload, model, provider;
