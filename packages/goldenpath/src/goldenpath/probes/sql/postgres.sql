-- name: settings
-- The settings that decide what this log-in may do, as a new session of it gets them.
select json_object_agg(name, reset_val)
from pg_settings
where name in (
    'max_connections', 'superuser_reserved_connections', 'reserved_connections', 'shared_buffers', 'work_mem',
    'maintenance_work_mem', 'temp_file_limit', 'statement_timeout', 'lock_timeout', 'transaction_timeout',
    'idle_in_transaction_session_timeout', 'idle_session_timeout', 'default_transaction_read_only',
    'default_transaction_isolation', 'search_path', 'enable_indexscan', 'enable_bitmapscan', 'enable_hashjoin',
    'random_page_cost', 'autovacuum', 'track_activities', 'ssl', 'fsync', 'synchronous_commit',
    'synchronous_standby_names', 'max_locks_per_transaction', 'session_replication_role', 'row_security'
)

-- name: connections
-- How many clients are connected, whose they are and what they do, against every limit that applies.
select json_build_object(
    'used', count(*),
    'max', current_setting('max_connections')::int,
    'reserved', current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true), '0')::int,
    'idle', count(*) filter (where state = 'idle'),
    'idle_in_transaction', count(*) filter (where state like 'idle in transaction%'),
    'mine', count(*) filter (where usename = current_user),
    'role_limit', (select rolconnlimit from pg_roles where rolname = current_user),
    'database_limit', (select datconnlimit from pg_database where datname = current_database()),
    'by', (
        select json_object_agg(name, n)
        from (
            select coalesce(nullif(application_name, ''), 'unnamed') as name, count(*) as n
            from pg_stat_activity
            where backend_type = 'client backend' and pid <> pg_backend_pid()
            group by 1 order by n desc limit 8
        ) as grouped
    )
)
from pg_stat_activity
where backend_type = 'client backend' and pid <> pg_backend_pid()

-- name: blocked
-- Who waits for a lock, for how long, and who holds it; literals are taken out of statements.
select json_agg(row_to_json(waiting))
from (
    select
        a.pid,
        round(extract(epoch from clock_timestamp() - a.query_start)::numeric, 3)::float as waits_s,
        a.application_name as application,
        regexp_replace(left(a.query, 160), '''[^'']*''', '''?''', 'g') as statement,
        (select l.relation::regclass::text from pg_locks l where l.pid = a.pid and not l.granted limit 1) as relation,
        (select l.mode from pg_locks l where l.pid = a.pid and not l.granted limit 1) as mode,
        b.pid as holder,
        b.application_name as holder_application,
        b.state as holder_state,
        round(extract(epoch from clock_timestamp() - b.xact_start)::numeric, 3)::float as holder_open_s,
        cardinality(pg_blocking_pids(b.pid)) > 0 as holder_waits_too
    from pg_stat_activity a
    cross join unnest(pg_blocking_pids(a.pid)) as holding(pid)
    join pg_stat_activity b on b.pid = holding.pid
    where a.wait_event_type = 'Lock'
    order by a.query_start
    limit 10
) as waiting

-- name: transactions
-- The transactions that have been open longest.
select json_agg(row_to_json(oldest))
from (
    select
        pid,
        application_name as application,
        state,
        round(extract(epoch from clock_timestamp() - xact_start)::numeric, 3)::float as open_s,
        round(extract(epoch from clock_timestamp() - state_change)::numeric, 3)::float as state_s,
        backend_xid is not null as wrote,
        (
            select json_agg(distinct l.relation::regclass::text)
            from pg_locks l
            where l.pid = a.pid and l.granted and l.locktype = 'relation'
              and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
        ) as locked
    from pg_stat_activity a
    where xact_start is not null and backend_type = 'client backend' and pid <> pg_backend_pid()
    order by xact_start
    limit 5
) as oldest

-- name: statements
-- The statements that have run longest, and what each waits for; literals are taken out.
select json_agg(row_to_json(longest))
from (
    select
        pid,
        application_name as application,
        round(extract(epoch from clock_timestamp() - query_start)::numeric, 3)::float as seconds,
        coalesce(wait_event_type, '') as wait,
        coalesce(wait_event, '') as event,
        regexp_replace(left(query, 160), '''[^'']*''', '''?''', 'g') as statement
    from pg_stat_activity
    where state = 'active' and backend_type = 'client backend' and pid <> pg_backend_pid()
      and clock_timestamp() - query_start > interval '1 second'
    order by query_start
    limit 10
) as longest

-- name: role
-- Whether the server takes writes at all, and from this log-in.
select json_build_object(
    'recovery', pg_is_in_recovery(),
    'read_only', current_setting('transaction_read_only') = 'on',
    'version', current_setting('server_version')
)

-- name: activity
-- The counters of this database since its statistics began.
select json_build_object(
    'commits', xact_commit, 'rollbacks', xact_rollback, 'deadlocks', deadlocks, 'conflicts', conflicts,
    'temp_bytes', temp_bytes, 'blocks_read', blks_read, 'blocks_hit', blks_hit,
    'size', pg_database_size(current_database())
)
from pg_stat_database
where datname = current_database()

-- name: tables
-- The tables that are read whole most, and how old their statistics are.
select json_agg(row_to_json(busiest))
from (
    select
        schemaname || '.' || relname as "table",
        seq_scan, seq_tup_read, coalesce(idx_scan, 0) as idx_scan, n_live_tup as rows,
        n_mod_since_analyze as modified, coalesce(last_analyze, last_autoanalyze) is not null as analyzed
    from pg_stat_user_tables
    where n_live_tup > 0 or seq_tup_read > 0
    order by greatest(seq_tup_read, n_mod_since_analyze) desc
    limit 10
) as busiest

-- name: schema
-- Every table with its columns and every usable index, by name.
select json_build_object(
    'tables', (
        select json_object_agg(name, columns)
        from (
            select table_schema || '.' || table_name as name, json_object_agg(column_name, data_type) as columns
            from information_schema.columns
            where table_schema not in ('pg_catalog', 'information_schema')
            group by 1
        ) as tables
    ),
    'indexes', (
        select json_object_agg(n.nspname || '.' || c.relname, pg_get_indexdef(i.indexrelid))
        from pg_index i
        join pg_class c on c.oid = i.indexrelid
        join pg_namespace n on n.oid = c.relnamespace
        where i.indisvalid and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
    )
)
