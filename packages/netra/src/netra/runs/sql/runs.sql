-- name: accept
-- Accept a message and everything that makes its run durable; one that was accepted before is named again.
select outcome, thread_id, message_id, run_id, used, resets_s
from (
    -- What the columns of a new run take as their defaults, told in settings of this transaction.
    select $4::text as content, set_config('netra.traceparent', $9, true), set_config('netra.request_id', $10, true)
) said, lateral accept_message_within($1, $2, $3, said.content, $5, $6, $7, $8, $11, $12, $13);

-- name: accepted_before
-- Whether a person's own id stands for a message.
select exists (select from runs where user_id = $1 and client_message_id = $2);

-- name: open
-- How many runs of a person have not ended, and in how many seconds the last of them must have.
select count(*)::integer as open,
    greatest(coalesce(extract(epoch from max(deadline_at) - now()), 0), 0)::float8 as resets_s
from runs where user_id = $1 and status in ('queued', 'running');

-- name: append
-- Append events of one attempt; no row when the fence refuses.
select first_seq, at, thread_id from append_events($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: read
-- The log of a run after a seq, data as text so that it is passed on without being decoded.
select e.seq, e.type, e.agent, e.at, e.data::text as data, r.thread_id
from run_events e join runs r on r.id = e.run_id
where e.run_id = $1 and e.seq > $2
order by e.seq;

-- name: positions
-- How long the logs of these runs are, and whether they have ended.
select id, last_seq, status not in ('queued', 'running') as ended from runs where id = any($1::uuid[]);

-- name: cancel
-- Ask for the end of a run.
select outcome, first_seq, at, thread_id from request_cancel($1, $2);

-- name: park
-- Append what asks for an approval and let go of the run; no row when the fence refuses.
select first_seq, at, thread_id from park_run($1, $2, $3, $4, $5, $6, $7, $8);

-- name: decide
-- Decide an approval for the run's owner.
select outcome, first_seq, at, thread_id from decide_approval($1, $2, $3, $4, $5);

-- name: claim
-- Take up to $4 runs for this worker: the first open run of its thread, new or orphaned, of my revision or of a dead one.
-- One that waits for a person is nobody's until its time is over, and holds up no later one of its thread.
with candidate as (
    select r.id
    from runs r
    where r.status in ('queued', 'running')
      and (r.lease_until is null or r.lease_until < now())
      and (r.parked_until is null or r.parked_until < now())
      and (
          r.revision = $2
          or r.lease_until < now()
          or (
              r.created_at < now() - make_interval(secs => $3)
              and not exists (
                  select 1 from workers w
                  where w.revision = r.revision and w.seen_at > now() - make_interval(secs => $3)
              )
          )
      )
      and not exists (
          select 1 from runs e
          where e.thread_id = r.thread_id and e.position < r.position and e.status in ('queued', 'running')
            and e.parked_until is null
      )
    order by r.position
    limit $4
    for update of r skip locked
)
update runs r
set status = 'running', attempt = r.attempt + 1, lease_owner = $1, started_at = coalesce(r.started_at, now()),
    lease_until = now() + make_interval(secs => $3), parked_until = null,
    deadline_at = case when r.parked_until is null then r.deadline_at else now() + (r.deadline_at - r.parked_until) end
from candidate c, messages q
where r.id = c.id and q.id = r.message_id
returning r.position, r.id as run_id, r.thread_id, r.tenant_id, r.user_id, r.attempt, r.parks, r.last_seq,
    r.cancel_requested_by, r.traceparent, r.request_id, r.created_at as accepted_at, extract(epoch from r.deadline_at - now())::float8 as seconds_left, q.content as question,
    coalesce((select k.digest from thread_memory k where k.thread_id = r.thread_id and k.through < r.position), '') as digest,
    array(
        select jsonb_build_object('role', h.role, 'content', h.content, 'turn', h.turn)
        from (
            select m.role, left(m.content, 12000) as content, e.position as turn, m.position
            from runs e join messages m on m.run_id = e.id and m.thread_id = r.thread_id
            where e.thread_id = r.thread_id and e.position < r.position
              and e.position > coalesce(
                  (select k.through from thread_memory k where k.thread_id = r.thread_id and k.through < r.position), 0
              )
            order by e.position desc, m.position desc limit 60
        ) h
        order by h.turn, h.position
    ) as history;

-- name: remember
-- Keep the digest of a thread's earlier turns; an older one than there is changes nothing.
insert into thread_memory (thread_id, through, digest, analyst) values ($1, $2, $3, $4)
on conflict (thread_id) do update
set through = excluded.through, digest = excluded.digest, analyst = excluded.analyst, made_at = now()
where thread_memory.through < excluded.through;

-- name: queue
-- How many runs are queued, executed and wait for a person in the whole system, and for how long the oldest is queued.
select count(*) filter (where status = 'queued') as queued,
    count(*) filter (where status = 'running' and parked_until is null) as running,
    count(*) filter (where status = 'running' and parked_until is not null) as waiting,
    coalesce(extract(epoch from now() - min(created_at) filter (where status = 'queued')), 0)::float8 as oldest_s
from runs where status in ('queued', 'running');

-- name: renew
-- Keep the leases that are still mine, of ended runs too; the answer names them, and who asked for their end.
update runs r
set lease_until = now() + make_interval(secs => $4)
from unnest($2::uuid[], $3::integer[]) as held (run_id, attempt)
where r.id = held.run_id and r.attempt = held.attempt and r.lease_owner = $1
returning r.id, r.cancel_requested_by;

-- name: release
-- Give leases back, so that another worker may continue at once.
with released as (
    update runs r
    set lease_until = now() - interval '1 second'
    from unnest($2::uuid[], $3::integer[]) as held (run_id, attempt)
    where r.id = held.run_id and r.attempt = held.attempt and r.lease_owner = $1 and r.status = 'running'
    returning r.revision
)
select pg_notify('netra_runs', revision) from released;

-- name: overdue
-- Take runs past their deadline away from whoever holds them, to end them.
update runs r
set status = 'running', attempt = r.attempt + 1, lease_owner = 'sweeper:' || $1,
    lease_until = now() + make_interval(secs => $2)
where r.id in (
    select o.id from runs o
    where o.status in ('queued', 'running')
      and o.deadline_at < now() - make_interval(secs => $3)
      and (o.lease_owner is null or o.lease_owner not like 'sweeper:%' or o.lease_until < now())
    order by o.position
    limit 50
    for update skip locked
)
returning r.id as run_id, r.attempt, r.last_seq;

-- name: seen
-- This worker is alive.
insert into workers (id, revision, host, pid) values ($1, $2, $3, $4)
on conflict (id) do update set seen_at = now();

-- name: gone
-- This worker has ended, and rows of workers that died without a word are old enough to go.
delete from workers where id = $1 or seen_at < now() - interval '1 day';

-- name: view
-- One run of its owner.
select id as run_id, thread_id, message_id, status, reason, attempt, last_seq, revision,
    created_at, started_at, finished_at, deadline_at,
    case when status = 'running' then parked_until end as waiting_until
from runs where id = $1 and user_id = $2;
