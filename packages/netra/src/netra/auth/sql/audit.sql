-- name: add
-- Add events in their order.
insert into audit_events (type, user_id, actor, address, request_id, detail, times)
select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[]);

-- name: page
-- Read events before an id, newest first, optionally of one type or one person.
select id, at, type, user_id, actor, address, request_id, detail, times
from audit_events
where ($1::bigint is null or id < $1) and ($2::text is null or type = $2) and ($3::uuid is null or user_id = $3)
order by id desc limit $4;
