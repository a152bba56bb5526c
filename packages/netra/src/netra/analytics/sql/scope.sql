-- name: events
-- The only door to usage rows: one tenant, committed imports (of netra's own calls only if named), one period, the chosen workloads and models.
select at, workload, model, provider, input_tokens, output_tokens, cached_tokens, latency_ms, cost_usd, status
from workload_events
where tenant_id = {tenant_id:UUID}
  and import_id in (
      select import_id from workload_imports
      where tenant_id = {tenant_id:UUID} and (source != {own:String} or has({workloads:Array(String)}, {own_workload:String}))
  )
  and at >= {start:DateTime64(6, 'UTC')}
  and at < {end:DateTime64(6, 'UTC')}
  and (empty({workloads:Array(String)}) or has({workloads:Array(String)}, workload))
  and (empty({models:Array(String)}) or has({models:Array(String)}, model));

-- name: tables
-- Which of these names are tables of this database.
select name from system.tables where database = currentDatabase() and has({names:Array(String)}, name);

-- name: hours
-- The same requests as counts and sums of each hour: whole hours are read from where they are kept counted, the ends of the period from the events.
select hour, workload, model, provider,
    requests as request_count, errors as error_count, input_sum as input_total, output_sum as output_total,
    cached_sum as cached_total,
    priced as priced_count, cost as cost_total, measured as measured_count,
    first_at as first_moment, last_at as last_moment
from workload_hours
where tenant_id = {tenant_id:UUID}
  and import_id in (
      select import_id from workload_imports
      where tenant_id = {tenant_id:UUID} and (source != {own:String} or has({workloads:Array(String)}, {own_workload:String}))
  )
  and hour >= toDateTime({whole_start:String}, 'UTC')
  and hour < toDateTime({whole_end:String}, 'UTC')
  and (empty({workloads:Array(String)}) or has({workloads:Array(String)}, workload))
  and (empty({models:Array(String)}) or has({models:Array(String)}, model))
union all
select toStartOfHour(toDateTime(at, 'UTC')) as hour, workload, model, provider,
    count() as request_count, countIf(status != 'ok') as error_count,
    sum(input_tokens) as input_total, sum(output_tokens) as output_total, sum(cached_tokens) as cached_total,
    countIf(isNotNull(cost_usd)) as priced_count, sum(toDecimal128(ifNull(cost_usd, 0), 12)) as cost_total,
    count(latency_ms) as measured_count, min(at) as first_moment, max(at) as last_moment
from workload_events
where tenant_id = {tenant_id:UUID}
  and import_id in (
      select import_id from workload_imports
      where tenant_id = {tenant_id:UUID} and (source != {own:String} or has({workloads:Array(String)}, {own_workload:String}))
  )
  and at >= {start:DateTime64(6, 'UTC')}
  and at < {end:DateTime64(6, 'UTC')}
  and (at < toDateTime64({whole_start:String}, 6, 'UTC') or at >= toDateTime64({whole_end:String}, 6, 'UTC'))
  and (empty({workloads:Array(String)}) or has({workloads:Array(String)}, workload))
  and (empty({models:Array(String)}) or has({models:Array(String)}, model))
group by hour, workload, model, provider;
