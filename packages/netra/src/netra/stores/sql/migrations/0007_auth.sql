-- Sessions, API keys, accounts at an OIDC provider, the audit log, and tenants whose usage data must go.

-- A session: a family of refresh tokens, or a cookie. Ended ones stay a while, so that every process learns of them.
create table sessions (
    id           uuid primary key,
    user_id      uuid references users (id) on delete set null,
    kind         text not null default 'tokens' check (kind in ('tokens', 'cookie')),
    cookie_hash  bytea unique,
    opened_at    timestamptz not null default now(),
    expires_at   timestamptz,
    ended_at     timestamptz
);
create index sessions_user on sessions (user_id);
create index sessions_ended on sessions (ended_at) where ended_at is not null;

insert into sessions (id, user_id, opened_at, ended_at)
select family, user_id, min(issued_at), max(revoked_at) from refresh_tokens group by family, user_id;

-- By triggers and not by statements, so that a revision that knows no sessions keeps them too while it still serves.
create function begin_session() returns trigger language plpgsql as $$
begin
    insert into sessions (id, user_id) values (new.family, new.user_id) on conflict (id) do nothing;
    return null;
end $$;
create trigger begin_session after insert on refresh_tokens for each row execute function begin_session();

create function end_session() returns trigger language plpgsql as $$
begin
    update sessions set ended_at = now() where id = new.family and ended_at is null;
    return null;
end $$;
create trigger end_session after update of revoked_at on refresh_tokens
for each row when (old.revoked_at is null and new.revoked_at is not null) execute function end_session();

create table api_keys (
    id            uuid primary key default gen_random_uuid(),
    user_id       uuid references users (id) on delete set null,
    name          text not null,
    -- What a person recognises a key by; the whole key is kept nowhere.
    prefix        text not null,
    key_hash      bytea not null unique,
    scopes        text[] not null,
    created_at    timestamptz not null default now(),
    expires_at    timestamptz,
    last_used_at  timestamptz,
    revoked_at    timestamptz
);
create index api_keys_user on api_keys (user_id);
create index api_keys_revoked on api_keys (revoked_at) where revoked_at is not null;

create table oidc_identities (
    issuer     text not null,
    subject    text not null,
    user_id    uuid not null references users (id) on delete cascade,
    linked_at  timestamptz not null default now(),
    primary key (issuer, subject)
);
create index oidc_identities_user on oidc_identities (user_id);

-- What happened to accounts, sessions and keys. Its rows name people by id only and outlive them.
create table audit_events (
    id          bigint generated always as identity primary key,
    at          timestamptz not null default clock_timestamp(),
    type        text not null,
    user_id     uuid,
    actor       text not null default '',
    address     text not null default '',
    request_id  text not null default '',
    detail      text not null default '',
    -- Refusals of one kind from one address within a second are one row.
    times       integer not null default 1
);
create index audit_events_user on audit_events (user_id, id);

create function keep_audit_events() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.at < now() - interval '2 years' then
        return old;
    end if;
    raise exception 'audit events are only added, and removed after two years';
end $$;
create trigger keep_audit_events before update or delete on audit_events
for each row execute function keep_audit_events();
create trigger keep_audit_table before truncate on audit_events
for each statement execute function keep_audit_events();

-- Tenants that are gone; their usage data in ClickHouse is removed by whichever process comes first.
create table erasures (
    tenant_id  uuid primary key,
    asked_at   timestamptz not null default now(),
    done_at    timestamptz
);

-- Operators page through runs in the order of their acceptance.
create index runs_position on runs (position);
