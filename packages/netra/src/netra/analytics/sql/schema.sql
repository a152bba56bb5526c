-- name: create_versions
-- Which schema steps this database has.
create table if not exists analytics_schema (
    name       String,
    checksum   String,
    applied_at DateTime64(6, 'UTC') default now64(6, 'UTC')
)
engine = MergeTree
order by name;

-- name: applied
-- Every applied step with its checksum.
select name, any(checksum) as checksum from analytics_schema group by name order by name;

-- name: has_versions
-- One row if the table of schema steps exists.
select name from system.tables where database = currentDatabase() and name = 'analytics_schema';
