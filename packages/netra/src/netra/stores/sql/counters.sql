-- name: add
-- Count more of a window; one that has ended begins anew.
with ended as (
    delete from counters where ends_at < now() - interval '1 day'
)
insert into counters as c (key, count, ends_at)
values ($1, $2, now() + make_interval(secs => $3))
on conflict (key) do update set
    count = case when c.ends_at <= now() then excluded.count else c.count + excluded.count end,
    ends_at = case when c.ends_at <= now() then excluded.ends_at else c.ends_at end
returning count, extract(epoch from ends_at - now())::float8 as ends_in_s;

-- name: read
-- The count of a window that has not ended.
select count, extract(epoch from ends_at - now())::float8 as ends_in_s from counters
where key = $1 and ends_at > now();

-- name: take_back
-- Count one less of a window that has not ended.
update counters set count = count - 1 where key = $1 and ends_at > now() and count > 0;

-- name: clear
-- Forget a count.
delete from counters where key = $1;

-- name: hold_sockets
-- Say how many sockets this process holds for a person; the answer is how many the other living ones hold.
with said as (
    insert into open_sockets (user_id, process, count) values ($1, $2, $3)
    on conflict (user_id, process) do update set count = excluded.count, seen_at = now()
), dead as (
    delete from open_sockets where seen_at < now() - interval '1 hour'
)
select coalesce(sum(count), 0)::integer as others from open_sockets
where user_id = $1 and process <> $2 and seen_at > now() - make_interval(secs => $4);

-- name: renew_sockets
-- Say again how many sockets this process holds for these people.
insert into open_sockets (user_id, process, count)
select h.user_id, $1, h.count from unnest($2::uuid[], $3::integer[]) as h (user_id, count)
on conflict (user_id, process) do update set count = excluded.count, seen_at = now();

-- name: spend
-- Add to what a person spent today, in UTC.
insert into spending as s (user_id, day, tokens, cost_usd) values ($1, (now() at time zone 'utc')::date, $2, $3)
on conflict (user_id, day) do update set tokens = s.tokens + excluded.tokens, cost_usd = s.cost_usd + excluded.cost_usd
returning tokens, cost_usd::float8 as cost_usd;

-- name: spent
-- What a person spent today, and the seconds until tomorrow.
with clock as (select now() at time zone 'utc' as at)
select coalesce(s.tokens, 0) as tokens, coalesce(s.cost_usd, 0)::float8 as cost_usd,
    extract(epoch from date_trunc('day', c.at) + interval '1 day' - c.at)::float8 as resets_in_s
from clock c left join spending s on s.user_id = $1 and s.day = c.at::date;
