-- name: add
-- Keep a key by its hash, unless the person has as many as one may; no row then.
insert into api_keys (user_id, name, prefix, key_hash, scopes, expires_at)
select $1, $2, $3, $4, $5::text[], now() + $6::interval
where (
    select count(*) from api_keys
    where user_id = $1 and revoked_at is null and (expires_at is null or expires_at > now())
) < $7
returning id, name, prefix, scopes, created_at, expires_at, last_used_at;

-- name: of_person
-- List a person's keys that are not revoked, newest first.
select id, name, prefix, scopes, created_at, expires_at, last_used_at
from api_keys where user_id = $1 and revoked_at is null order by created_at desc, id;

-- name: revoke
-- Revoke one of a person's keys; no row when it is not theirs or revoked already.
update api_keys set revoked_at = now() where id = $2 and user_id = $1 and revoked_at is null returning id;
