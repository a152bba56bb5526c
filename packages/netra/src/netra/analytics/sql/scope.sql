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
