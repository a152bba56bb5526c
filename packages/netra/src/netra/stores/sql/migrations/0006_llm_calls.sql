-- Every call of a language model: written when it begins, completed when it ends, so that a killed worker's calls count.

create table llm_calls (
    id             uuid primary key,
    at             timestamptz not null default clock_timestamp(),
    user_id        uuid not null,
    tenant_id      uuid not null,
    -- No reference: what was spent outlives the thread it was spent in.
    run_id         uuid not null,
    attempt        integer not null,
    role           text not null,
    provider       text not null,
    model          text not null,
    try            integer not null,
    -- open, ok, cached, cancelled, cut (its worker was lost), or the reason of its failure.
    outcome        text not null default 'open',
    input_tokens   integer,
    output_tokens  integer,
    ms             double precision,
    first_ms       double precision,
    -- Null when the price is not known, which is not 0.
    cost_usd       numeric(20, 12),
    ended_at       timestamptz,
    exported_at    timestamptz
);
create index llm_calls_user on llm_calls (user_id, at);
create index llm_calls_run on llm_calls (run_id);
create index llm_calls_unexported on llm_calls (at) where exported_at is null;
