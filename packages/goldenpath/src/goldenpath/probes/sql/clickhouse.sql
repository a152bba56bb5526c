-- name: settings
-- The settings that decide what a statement may use.
select name, value
from system.settings
where name in (
    'max_memory_usage', 'max_execution_time', 'readonly', 'async_insert', 'max_threads', 'max_rows_to_read',
    'max_partitions_per_insert_block', 'max_concurrent_queries_for_user', 'allow_ddl', 'insert_quorum'
)
order by name
format JSONEachRow

-- name: limits
-- The limits of tables: from how many parts on inserts are held up, and refused.
select name, value
from system.merge_tree_settings
where name in ('parts_to_delay_insert', 'parts_to_throw_insert', 'max_parts_in_total')
order by name
format JSONEachRow

-- name: parts
-- The partitions of most active parts.
select database, table, partition, toInt64(count()) as parts, toInt64(sum(rows)) as rows
from system.parts
where active
group by database, table, partition
order by parts desc, database, table, partition
limit 5
format JSONEachRow

-- name: memory
-- What the server holds, and what it may.
select 'used' as name, toInt64(value) as value from system.metrics where metric = 'MemoryTracking'
union all
select 'max' as name, toInt64(value) as value from system.server_settings where name = 'max_server_memory_usage'
format JSONEachRow

-- name: statements
-- What runs longer than a second.
select
    round(elapsed, 3) as seconds, user as application, toInt64(memory_usage) as memory,
    substring(normalizeQuery(query), 1, 160) as statement
from system.processes
where elapsed > 1
order by elapsed desc
limit 10
format JSONEachRow

-- name: errors
-- Errors of the last ten minutes.
select name, toInt64(value) as count, toInt64(dateDiff('second', last_error_time, now())) as age_s
from system.errors
where last_error_time > now() - 600
order by last_error_time desc, name
limit 10
format JSONEachRow

-- name: disks
-- Room on each disk.
select name, toInt64(free_space) as free, toInt64(total_space) as total
from system.disks
format JSONEachRow

-- name: mutations
-- Changes of rows that do not come to an end.
select database, table, toInt64(dateDiff('second', create_time, now())) as age_s, latest_fail_reason as reason
from system.mutations
where not is_done
order by create_time
limit 5
format JSONEachRow

-- name: schema
-- Every table with its columns.
select database || '.' || table as table, name, type
from system.columns
where database not in ('system', 'information_schema', 'INFORMATION_SCHEMA')
order by table, name
format JSONEachRow
