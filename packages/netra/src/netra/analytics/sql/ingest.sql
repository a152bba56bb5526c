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
select count() as known
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

-- name: moved
-- How many events of this import lie beside the others.
select count() as moved
from workload_events
where tenant_id = {tenant_id:UUID} and import_id = {import_id:UUID};

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

-- name: forget_staging
-- Remove what an import has gathered; a partition goes at once, where deleted rows would take a mutation.
alter table workload_staging drop partition {import_id:UUID};
