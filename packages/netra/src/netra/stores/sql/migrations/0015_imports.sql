-- Calls that applications report as traces wait here until ClickHouse has them, and files that are imported over HTTP
-- say here how far they are.

create table traced_calls (
    tenant_id    uuid not null references tenants (id) on delete cascade,
    -- Made of the span's own ids: a span that is sent again while it waits is there once.
    event_id     uuid not null,
    received_at  timestamptz not null default clock_timestamp(),
    event        json not null,
    primary key (tenant_id, event_id)
);
create index traced_calls_received on traced_calls (received_at);

create table imports (
    id             uuid primary key,
    tenant_id      uuid not null references tenants (id) on delete cascade,
    user_id        uuid not null,
    filename       text not null,
    -- running, done, failed. One that says running without a beat was lost with its process.
    state          text not null default 'running',
    share          real not null default 0,
    rows           bigint not null default 0,
    imported       bigint not null default 0,
    already_there  bigint not null default 0,
    rejected       bigint not null default 0,
    skipped        bigint not null default 0,
    error          text,
    -- What could not be imported, as far as it fits, compressed; null when there is nothing.
    rejects        bytea,
    rejects_name   text,
    started_at     timestamptz not null default clock_timestamp(),
    beat_at        timestamptz not null default clock_timestamp(),
    ended_at       timestamptz
);
create index imports_tenant on imports (tenant_id, started_at desc);
