-- name: runs
-- The runs of one thread of its owner, oldest first.
select id as run_id, status, reason, created_at, finished_at
from runs where thread_id = $1 and user_id = $2 order by position;

-- name: events
-- The log of a run without the pieces of its answer.
select e.seq, e.type, e.agent, e.at, e.data::text as data, r.thread_id
from run_events e join runs r on r.id = e.run_id
where e.run_id = $1 and e.type <> 'answer_delta'
order by e.seq;
