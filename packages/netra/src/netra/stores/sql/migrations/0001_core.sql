-- Tenants, people, threads, messages, runs and the event log.

create table tenants (
    id          uuid primary key default gen_random_uuid(),
    name        text not null,
    created_at  timestamptz not null default now()
);

create table users (
    id             uuid primary key default gen_random_uuid(),
    tenant_id      uuid not null references tenants (id),
    email          text not null unique check (email = lower(email)),
    password_hash  text not null,
    display_name   text not null default '',
    role           text not null default 'user' check (role in ('user', 'operator')),
    plan           text not null default 'free' check (plan in ('free', 'pro', 'enterprise')),
    created_at     timestamptz not null default now()
);

create table refresh_tokens (
    token_hash  bytea primary key,
    family      uuid not null,
    user_id     uuid not null references users (id) on delete cascade,
    issued_at   timestamptz not null default now(),
    expires_at  timestamptz not null,
    used_at     timestamptz,
    revoked_at  timestamptz
);
create index refresh_tokens_family on refresh_tokens (family);
create index refresh_tokens_user on refresh_tokens (user_id);

create table threads (
    id          uuid primary key default gen_random_uuid(),
    user_id     uuid not null references users (id) on delete cascade,
    tenant_id   uuid not null references tenants (id),
    title       text not null default '',
    status      text not null default 'active' check (status in ('active', 'archived', 'deleted')),
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);
create index threads_user on threads (user_id, updated_at desc);

create table messages (
    id          uuid primary key default gen_random_uuid(),
    position    bigint generated always as identity,
    thread_id   uuid not null references threads (id) on delete cascade,
    run_id      uuid,
    role        text not null check (role in ('user', 'assistant')),
    content     text not null,
    created_at  timestamptz not null default now()
);
create index messages_thread on messages (thread_id, position);

create table runs (
    id                   uuid primary key default gen_random_uuid(),
    thread_id            uuid not null references threads (id) on delete cascade,
    message_id           uuid not null references messages (id) on delete cascade,
    user_id              uuid not null references users (id) on delete cascade,
    tenant_id            uuid not null references tenants (id),
    status               text not null default 'queued'
                         check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
    reason               text not null default '',
    -- The fence: an append names the attempt it belongs to, and only the newest may write.
    attempt              integer not null default 0,
    lease_owner          text,
    lease_until          timestamptz,
    last_seq             integer not null default 0,
    cancel_requested_at  timestamptz,
    deadline_at          timestamptz not null,
    created_at           timestamptz not null default now(),
    started_at           timestamptz,
    finished_at          timestamptz
);
create index runs_thread on runs (thread_id, created_at);
create index runs_open on runs (lease_until) where status in ('queued', 'running');

create table run_events (
    run_id  uuid not null references runs (id) on delete cascade,
    seq     integer not null check (seq >= 1),
    type    text not null,
    agent   text not null,
    at      timestamptz not null,
    data    jsonb not null,
    primary key (run_id, seq)
);
