-- name: plans
-- The plans of the people of these tenants.
select tenant_id, array_agg(distinct plan) as plans from users where tenant_id = any($1::uuid[]) group by tenant_id;

-- name: lock
-- Take the tenant's import lock until the transaction ends; false when an import holds it.
select pg_try_advisory_xact_lock(hashtextextended('import:' || $1::uuid::text, 0));

-- name: forget_list
-- Imports that ended long ago are not listed any more.
delete from imports where ended_at < now() - interval '90 days';
