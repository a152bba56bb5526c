-- An account is deleted in the time that its own rows take, a link has a name to be taken back by, and what nobody needs
-- any more is found by its age.

-- Each row that is deleted is looked for in the tables that refer to it; without these, by reading them whole.
create index runs_message on runs (message_id);
create index runs_user on runs (user_id);
create index runs_tenant on runs (tenant_id);
create index threads_tenant on threads (tenant_id);
create index users_tenant on users (tenant_id);

alter table oidc_identities add column id uuid not null default gen_random_uuid();
create unique index oidc_identities_id on oidc_identities (id);

-- People whose account is deleted; what Valkey still has of them is removed by whichever worker comes first.
create table departures (
    user_id   uuid primary key,
    asked_at  timestamptz not null default now()
);

-- Rows come in the order of these columns, so an index of a few pages finds the old ones.
create index audit_events_at on audit_events using brin (at) with (autosummarize = on);
create index refresh_tokens_expires on refresh_tokens using brin (expires_at) with (autosummarize = on);
