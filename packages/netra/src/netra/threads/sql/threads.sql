-- name: create
-- Begin a thread.
insert into threads (user_id, tenant_id, title) values ($1, $2, $3)
returning id as thread_id, title, status, created_at, updated_at;

-- name: page
-- The principal's threads of one status, latest change first, from after a given place on.
select id as thread_id, title, status, created_at, updated_at from threads
where user_id = $1 and status = $2
  and ($3::timestamptz is null or (updated_at, id) < ($3::timestamptz, $4::uuid))
order by updated_at desc, id desc
limit $5;

-- name: get
-- One thread of the principal.
select id as thread_id, title, status, created_at, updated_at from threads
where id = $1 and user_id = $2 and status <> 'deleted';

-- name: change
-- Rename or archive a thread; what is null stays.
update threads set title = coalesce($3, title), status = coalesce($4, status), updated_at = now()
where id = $1 and user_id = $2 and status <> 'deleted'
returning id as thread_id, title, status, created_at, updated_at;

-- name: delete
-- Take a thread out of every view.
update threads set status = 'deleted', updated_at = now()
where id = $1 and user_id = $2 and status <> 'deleted'
returning id;

-- name: open_runs
-- Name a thread's runs that have not ended.
select id from runs where thread_id = $1 and status in ('queued', 'running');

-- name: messages
-- The entries of one thread of the principal, oldest first, from after a given position on.
select m.id as message_id, m.position, m.thread_id, m.run_id, m.role, m.content, m.created_at
from messages m join threads t on t.id = m.thread_id
where t.id = $1 and t.user_id = $2 and t.status <> 'deleted' and m.position > $3
order by m.position
limit $4;
