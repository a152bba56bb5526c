-- name: events
-- Remove a tenant's usage rows.
delete from workload_events where tenant_id = {tenant_id:UUID};

-- name: staging
-- Remove what its imports gathered and never committed.
delete from workload_staging where tenant_id = {tenant_id:UUID};

-- name: hours
-- Remove what its hours count.
delete from workload_hours where tenant_id = {tenant_id:UUID};

-- name: days
-- Remove what its days count.
delete from workload_days where tenant_id = {tenant_id:UUID};

-- name: imports
-- Remove the list of its imports.
delete from workload_imports where tenant_id = {tenant_id:UUID};
