-- name: add_cached_tokens
-- Of a request's input tokens those that the provider had kept: they cost less.
alter table workload_events add column if not exists cached_tokens UInt32 default 0;

-- name: stage_cached_tokens
-- The same where an import gathers.
alter table workload_staging add column if not exists cached_tokens UInt32 default 0;

-- name: index_imports
-- Finds one import's rows without reading all of a tenant's.
alter table workload_events add index if not exists by_import import_id type bloom_filter granularity 4;
