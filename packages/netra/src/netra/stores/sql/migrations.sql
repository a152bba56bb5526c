-- name: create_table
-- Keep what was applied, and what it was.
create table if not exists schema_migrations (
    name        text primary key,
    checksum    text not null,
    applied_at  timestamptz not null default now()
);

-- name: table_exists
-- Whether any migration can have been applied.
select to_regclass('schema_migrations') is not null;

-- name: applied
-- Every applied migration with its checksum.
select name, checksum from schema_migrations order by name;

-- name: record
-- Note that a migration was applied.
insert into schema_migrations (name, checksum) values ($1, $2);

-- name: lock
-- Let one process migrate at a time; the others wait.
select pg_advisory_lock($1);

-- name: unlock
-- Let the next process migrate.
select pg_advisory_unlock($1);
