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

-- name: found
-- As `page`, but only threads in whose title or messages every word is found.
select t.id as thread_id, t.title, t.status, t.created_at, t.updated_at, coalesce((
    select substr(m.content, greatest(strpos(lower(m.content), lower(($6::text[])[1])) - 60, 1), 160)
    from messages m
    where m.thread_id = t.id and strpos(lower(m.content), lower(($6::text[])[1])) > 0
    order by m.position desc
    limit 1
), '') as excerpt
from threads t
where t.user_id = $1 and t.status = $2
  and ($3::timestamptz is null or (t.updated_at, t.id) < ($3::timestamptz, $4::uuid))
  and not exists (
      select from unnest($6::text[]) word
      where strpos(lower(t.title), lower(word)) = 0 and not exists (
          select from messages m where m.thread_id = t.id and strpos(lower(m.content), lower(word)) > 0
      )
  )
order by t.updated_at desc, t.id desc
limit $5;

-- name: question
-- What the principal asked by a message, or what was asked when it is the answer.
select q.thread_id, q.content
from messages m
join threads t on t.id = m.thread_id
join messages q on q.run_id = m.run_id and q.thread_id = m.thread_id and q.role = 'user'
where m.id = $1 and t.user_id = $2 and t.status <> 'deleted';

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
