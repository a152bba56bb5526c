-- Servers of the Model Context Protocol that a tenant brings, and which of their tools its agents may call.

create table mcp_servers (
    id          uuid primary key default gen_random_uuid(),
    tenant_id   uuid not null references tenants (id) on delete cascade,
    name        text not null check (name ~ '^[a-z][a-z0-9-]{0,30}$'),
    url         text not null,
    created_by  uuid,
    created_at  timestamptz not null default now(),
    unique (tenant_id, name)
);

-- What a tool says of itself is kept as it was when the server was added: a server cannot change it afterwards.
create table mcp_tools (
    server_id    uuid not null references mcp_servers (id) on delete cascade,
    name         text not null,
    description  text not null,
    parameters   jsonb not null,
    -- What the server says; only a person decides what that is worth.
    says_reads   boolean not null,
    allowed      text not null default 'no' check (allowed in ('no', 'reads', 'asks')),
    primary key (server_id, name)
);
