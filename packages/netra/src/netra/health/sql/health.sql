-- name: one
-- The smallest question.
select 1;

-- name: workers
-- How many workers are alive, and how long ago the last one was seen.
select count(*) filter (where seen_at > now() - make_interval(secs => $1)) as alive,
    extract(epoch from now() - max(seen_at))::float8 as silent_s
from workers;
