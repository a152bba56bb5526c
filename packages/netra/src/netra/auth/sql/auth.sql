-- name: create_user
-- Make a person and the tenant that person owns; no row when the email is taken.
with person as (
    insert into users (tenant_id, email, password_hash, display_name)
    values (gen_random_uuid(), $1, $2, $3)
    on conflict (email) do nothing
    returning id, tenant_id, email, display_name, role, plan, created_at
), tenant as (
    insert into tenants (id, name) select tenant_id, email from person
)
select * from person;

-- name: user_by_email
-- Find who logs in, with the hash to verify.
select id, tenant_id, email, display_name, role, plan, created_at, password_hash
from users where email = $1;

-- name: user_by_id
-- Read the account of a principal.
select id, tenant_id, email, display_name, role, plan, created_at
from users where id = $1;

-- name: profile
-- Read the account of a principal, and whether it has a password.
select id, tenant_id, email, display_name, role, plan, created_at, password_hash <> '' as has_password
from users where id = $1;

-- name: rename
-- Call a person by another name.
update users set display_name = $2 where id = $1
returning id, tenant_id, email, display_name, role, plan, created_at, password_hash <> '' as has_password;

-- name: sessions_of
-- A person's sessions that can still be used, newest first; one of tokens ends with the last of them.
select s.id as session_id, s.kind, s.opened_at,
    coalesce(s.expires_at, (select max(t.expires_at) from refresh_tokens t where t.family = s.id)) as expires_at
from sessions s
where s.user_id = $1 and s.ended_at is null
  and coalesce(s.expires_at, (select max(t.expires_at) from refresh_tokens t where t.family = s.id)) > now()
order by s.opened_at desc, s.id;

-- name: end_own_session
-- End one of a person's sessions, as `end_session`; no row when it is not theirs or has ended.
with own as (
    select id from sessions where id = $1 and user_id = $2 and ended_at is null
), tokens as (
    update refresh_tokens t set revoked_at = now() from own where t.family = own.id and t.revoked_at is null
)
update sessions s set ended_at = now() from own where s.id = own.id and s.ended_at is null returning s.id, s.user_id;

-- name: store_password
-- Replace a password's hash, if it is still the one that was looked at.
update users set password_hash = $2 where id = $1 and password_hash = $3;

-- name: add_refresh_token
-- Keep a refresh token by its hash.
insert into refresh_tokens (token_hash, family, user_id, expires_at) values ($1, $2, $3, now() + $4::interval);

-- name: claim_refresh_token
-- Read a refresh token and hold it until the transaction ends; the session's end is the token's.
select t.family, t.user_id, t.used_at, coalesce(t.revoked_at, s.ended_at) as revoked_at, t.expires_at <= now() as expired
from refresh_tokens t left join sessions s on s.id = t.family
where t.token_hash = $1 for update of t;

-- name: use_refresh_token
-- Mark a refresh token as exchanged.
update refresh_tokens set used_at = now() where token_hash = $1;

-- name: open_cookie_session
-- Keep a session by the hash of its cookie.
insert into sessions (id, user_id, kind, cookie_hash, expires_at) values ($1, $2, 'cookie', $3, now() + $4::interval);

-- name: end_session
-- End a session: its access token, its cookie and its refresh tokens open nothing any more; answers whose it was.
with tokens as (
    update refresh_tokens set revoked_at = now() where family = $1 and revoked_at is null
)
update sessions set ended_at = now() where id = $1 and ended_at is null returning id, user_id;

-- name: end_session_of_token
-- End the session that a refresh token belongs to.
with family as (
    select family as id from refresh_tokens where token_hash = $1
), tokens as (
    update refresh_tokens t set revoked_at = now() from family f where t.family = f.id and t.revoked_at is null
)
update sessions s set ended_at = now() from family f where s.id = f.id and s.ended_at is null returning s.id, s.user_id;

-- name: end_sessions_of
-- End every session of a person; answers which.
with tokens as (
    update refresh_tokens set revoked_at = now() where user_id = $1 and revoked_at is null
)
update sessions set ended_at = now() where user_id = $1 and ended_at is null returning id;

-- name: forget_expired
-- Drop a person's refresh tokens that expired long enough ago to prove nothing any more.
delete from refresh_tokens where user_id = $1 and expires_at < now() - interval '30 days';

-- name: forget_sessions
-- Drop a person's sessions that nothing can open any more, and of which every process has heard.
delete from sessions s
where s.user_id = $1 and coalesce(s.ended_at, s.expires_at, s.opened_at) < now() - interval '30 days'
  and not exists (select from refresh_tokens t where t.family = s.id);

-- name: password_of
-- Read the hash of a person's password.
select password_hash from users where id = $1;

-- name: hold_password
-- Read the hash of a person's password, which cannot change until the transaction ends.
select password_hash from users where id = $1 for share;

-- name: set_role
-- Give the account of an email a role; answers whose it is and which role it had.
update users u set role = $2 from (select id, role from users where email = lower($1) for update) o
where u.id = o.id returning u.id, o.role as before;

-- name: delete_account
-- Delete a person with all that is theirs; the tenant goes with its last person, and its usage data is marked for it.
with person as (
    delete from users where id = $1 returning tenant_id
), marked as (
    insert into erasures (tenant_id)
    select tenant_id from person p where not exists (select from users u where u.tenant_id = p.tenant_id and u.id <> $1)
    on conflict do nothing
), departed as (
    insert into departures (user_id) select $1 from person
)
select tenant_id from person;

-- name: revoke_keys_of
-- Revoke every API key of a person; answers which.
update api_keys set revoked_at = now() where user_id = $1 and revoked_at is null returning id;

-- name: anonymise_keys_of
-- Keep of a person's API keys only that they are revoked.
update api_keys set name = '', prefix = '', scopes = '{}' where user_id = $1;

-- name: open_runs_of
-- Name the runs of a person that have not ended.
select id from runs where user_id = $1 and status in ('queued', 'running');

-- name: forget_calls_of
-- Remove the records of a person's model calls.
delete from llm_calls where user_id = $1;

-- name: delete_tenant
-- Delete a tenant that nobody belongs to any more.
delete from tenants t where t.id = $1 and not exists (select from users u where u.tenant_id = t.id);
