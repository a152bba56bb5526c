-- name: of_tenant
-- The tenant's monthly budget.
select monthly_usd from tenant_budgets where tenant_id = $1;

-- name: set
-- Set it, and say what it was and when it was set.
with before as (
    select monthly_usd from tenant_budgets where tenant_id = $1
)
insert into tenant_budgets as b (tenant_id, monthly_usd, set_by) values ($1, $2, $3)
on conflict (tenant_id) do update set monthly_usd = excluded.monthly_usd, set_by = excluded.set_by, set_at = now()
returning b.monthly_usd, b.set_at, (select monthly_usd from before) as previous_usd;

-- name: remove
-- Set none.
delete from tenant_budgets where tenant_id = $1;
