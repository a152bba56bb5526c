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

-- name: store_password
-- Replace a password's hash.
update users set password_hash = $2 where id = $1;

-- name: add_refresh_token
-- Keep a refresh token by its hash.
insert into refresh_tokens (token_hash, family, user_id, expires_at) values ($1, $2, $3, now() + $4::interval);

-- name: claim_refresh_token
-- Read a refresh token and hold it until the transaction ends.
select t.family, t.user_id, t.used_at, t.revoked_at, t.expires_at <= now() as expired
from refresh_tokens t where t.token_hash = $1 for update;

-- name: use_refresh_token
-- Mark a refresh token as exchanged.
update refresh_tokens set used_at = now() where token_hash = $1;

-- name: revoke_family
-- End a session: no refresh token of the family works any more.
update refresh_tokens set revoked_at = now() where family = $1 and revoked_at is null;

-- name: revoke_family_of_token
-- End the session that a refresh token belongs to.
update refresh_tokens set revoked_at = now()
where revoked_at is null and family = (select family from refresh_tokens where token_hash = $1);

-- name: forget_expired
-- Drop a person's refresh tokens that expired long enough ago to prove nothing any more.
delete from refresh_tokens where user_id = $1 and expires_at < now() - interval '30 days';
