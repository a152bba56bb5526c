-- What a tenant wants to spend on its workloads in a calendar month; a budget warns, it stops nothing.

create table tenant_budgets (
    tenant_id    uuid primary key references tenants (id) on delete cascade,
    monthly_usd  numeric(18, 6) not null check (monthly_usd > 0),
    set_by       uuid,
    set_at       timestamptz not null default now()
);
