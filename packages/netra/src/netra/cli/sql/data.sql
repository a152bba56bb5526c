-- name: tenant_by_email
-- The tenant of the account with this email.
select tenant_id from users where email = lower($1);

-- name: tenant_by_id
-- The tenant of this id, if there is one.
select id as tenant_id from tenants where id = $1;

-- name: tenants
-- The first two tenants: whether there is exactly one.
select id as tenant_id from tenants limit 2;

-- name: lock
-- Take the tenant's import lock until the connection ends; false when another import holds it.
select pg_try_advisory_lock(hashtextextended('import:' || $1::uuid::text, 0));

-- name: unlock
-- Give the tenant's import lock back.
select pg_advisory_unlock(hashtextextended('import:' || $1::uuid::text, 0));
