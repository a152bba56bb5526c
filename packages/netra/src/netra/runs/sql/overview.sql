-- name: page
-- Read how everybody's runs stand, newest first, optionally of one status or one person; nothing of their content.
select position, id as run_id, user_id, tenant_id, status, reason, attempt, revision,
       created_at, started_at, finished_at, deadline_at
from runs
where ($1::bigint is null or position < $1) and ($2::text is null or status = $2) and ($3::uuid is null or user_id = $3)
order by position desc limit $4;
