-- name: begin
-- Note that an import begins, unless the tenant has as many under way as it may.
insert into imports (id, tenant_id, user_id, filename)
select $1, $2, $3, $4
where (select count(*) from imports where tenant_id = $2 and state = 'running') < $5
returning id;

-- name: beat
-- The process that looks after the import lives.
update imports set beat_at = clock_timestamp() where id = $1;

-- name: progress
-- How far the import is.
update imports set share = $2, rows = $3, beat_at = clock_timestamp() where id = $1 and state = 'running';

-- name: done
-- Everything that could be imported is.
update imports set state = 'done', share = 1, rows = $2, imported = $3, already_there = $4, rejected = $5, skipped = $6,
    rejects = $7, rejects_name = $8, error = null, ended_at = clock_timestamp()
where id = $1;

-- name: failed
-- Nothing of it was imported; what ended already stays as it is.
update imports set state = 'failed', error = $2, ended_at = clock_timestamp() where id = $1 and state = 'running';

-- name: lost
-- Imports of a tenant whose process is gone.
update imports set state = 'failed', error = $2, ended_at = clock_timestamp()
where tenant_id = $1 and state = 'running' and beat_at < clock_timestamp() - make_interval(secs => $3);

-- name: page
-- A tenant's newest imports.
select id as import_id, filename, state, share, rows, imported, already_there, rejected, skipped, error, started_at, ended_at
from imports where tenant_id = $1 order by started_at desc, id limit $2;

-- name: one
-- One import of a tenant.
select id as import_id, filename, state, share, rows, imported, already_there, rejected, skipped, error, started_at, ended_at
from imports where tenant_id = $1 and id = $2;

-- name: rejects
-- What of an import could not be imported.
select rejects, rejects_name from imports where tenant_id = $1 and id = $2;

-- name: lock
-- Wait for the tenant's import lock, the one of `netra data import`; it goes with the connection.
select pg_advisory_lock(hashtextextended('import:' || $1::uuid::text, 0));

-- name: unlock
-- Give the tenant's import lock back.
select pg_advisory_unlock(hashtextextended('import:' || $1::uuid::text, 0));
