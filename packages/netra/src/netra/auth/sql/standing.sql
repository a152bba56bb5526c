-- name: session
-- Read a session that has not ended, with the person it belongs to as that person is now.
select s.id, s.opened_at, s.expires_at, u.id as user_id, u.tenant_id, u.email, u.role, u.plan
from sessions s join users u on u.id = s.user_id
where s.id = $1 and s.ended_at is null;

-- name: cookie
-- Read the session of a cookie that has neither ended nor expired.
select s.id, s.opened_at, s.expires_at, u.id as user_id, u.tenant_id, u.email, u.role, u.plan
from sessions s join users u on u.id = s.user_id
where s.cookie_hash = $1 and s.ended_at is null and s.expires_at > now();

-- name: key
-- Read an API key that is neither revoked nor expired, and note its use, once a minute at most.
with used as (
    update api_keys set last_used_at = now()
    where key_hash = $1 and revoked_at is null and (last_used_at is null or last_used_at < now() - interval '1 minute')
)
select k.id, k.scopes, k.expires_at, u.id as user_id, u.tenant_id, u.email, u.role, u.plan
from api_keys k join users u on u.id = k.user_id
where k.key_hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now());

-- name: ended_since
-- Name the sessions and keys that ended since a moment, or in the last seconds.
select now() as clock, array(
    select id from sessions where ended_at > f.since
    union all select id from api_keys where revoked_at > f.since
) as ids
from (select coalesce($1::timestamptz, now() - interval '15 seconds') as since) f;
