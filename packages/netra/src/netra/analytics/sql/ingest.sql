-- name: staged
-- How many rows this import has gathered, how many of them are one event, and when they begin and end.
select
    count() as gathered,
    uniqExact(event_id) as distinct_events,
    countIf(isNull(cost_usd)) as unpriced,
    min(at) as first_at,
    max(at) as last_at
from workload_staging
where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID};

-- name: already_there
-- How many of the gathered events an earlier import has committed.
select uniqExact(event_id) as known
from workload_staging
where tenant_id = {tenant_id:UUID}
  and import_id = {import_id:UUID}
  and event_id in (
      select event_id
      from workload_events
      where tenant_id = {tenant_id:UUID}
        and import_id in (select import_id from workload_imports where tenant_id = {tenant_id:UUID})
        and at between {first_at:DateTime64(6, 'UTC')} and {last_at:DateTime64(6, 'UTC')}
  );

-- name: move
-- Put the gathered events that are new beside the others; nobody sees them before `commit`.
insert into workload_events
settings max_partitions_per_insert_block = 0
select *
from workload_staging
where tenant_id = {tenant_id:UUID}
  and import_id = {import_id:UUID}
  and event_id not in (
      select event_id
      from workload_events
      where tenant_id = {tenant_id:UUID}
        and import_id in (select import_id from workload_imports where tenant_id = {tenant_id:UUID})
        and at between {first_at:DateTime64(6, 'UTC')} and {last_at:DateTime64(6, 'UTC')}
  );

-- name: move_distinct
-- The same where the file names an event more than once: one row of each.
insert into workload_events
settings max_partitions_per_insert_block = 0
select *
from workload_staging
where tenant_id = {tenant_id:UUID}
  and import_id = {import_id:UUID}
  and event_id not in (
      select event_id
      from workload_events
      where tenant_id = {tenant_id:UUID}
        and import_id in (select import_id from workload_imports where tenant_id = {tenant_id:UUID})
        and at between {first_at:DateTime64(6, 'UTC')} and {last_at:DateTime64(6, 'UTC')}
  )
order by event_id
limit 1 by event_id;

-- name: moved
-- How many events of this import lie beside the others, and how many the hours and days count.
select
    (select count() from workload_events where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID}) as moved,
    (select sum(requests) from workload_hours where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID}) as in_hours,
    (select sum(requests) from workload_days where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID}) as in_days;

-- name: is_committed
-- One row if this import is committed.
select import_id from workload_imports where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID} limit 1;

-- name: abandoned
-- Imports of this tenant that never came to their commit.
select distinct import_id
from (
    select import_id from workload_events where tenant_id = {tenant_id:UUID}
    union all
    select import_id from workload_staging where tenant_id = {tenant_id:UUID}
)
where import_id not in (select import_id from workload_imports where tenant_id = {tenant_id:UUID});

-- name: forget_events
-- Remove what an abandoned import left beside the others.
delete from workload_events where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID};

-- name: forget_hours
-- Remove what the hours count of an import.
delete from workload_hours where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID};

-- name: forget_days
-- Remove what the days count of an import.
delete from workload_days where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID};

-- name: count_hours
-- Count an import's hours anew.
insert into workload_hours
settings max_partitions_per_insert_block = 0
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
where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID}
group by tenant_id, import_id, hour, workload, model, provider;

-- name: count_days
-- Count an import's days anew.
insert into workload_days
settings max_partitions_per_insert_block = 0
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
where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID}
group by tenant_id, import_id, day, workload, model, provider;

-- name: forget_import
-- Take an import's commit back: nobody sees its events any more.
delete from workload_imports where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID};

-- name: oldest
-- Tenants with imports that were committed before a moment, and the first of these.
select tenant_id, min(committed_at) as since from workload_imports
where committed_at < {before:DateTime64(6, 'UTC')}
group by tenant_id order by since;

-- name: outlived
-- Imports of a tenant that were committed before a moment, oldest first.
select import_id from workload_imports
where tenant_id = {tenant_id:UUID} and committed_at < {before:DateTime64(6, 'UTC')}
order by committed_at limit 100;

-- name: forget_staging
-- Remove what an import has gathered; a partition goes at once, where deleted rows would take a mutation.
alter table workload_staging drop partition {import_id:UUID};
