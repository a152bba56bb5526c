-- What plans limit: counters for the time while Valkey is away, what each person spent a day, and room for open runs.

create table counters (
    key      text primary key,
    count    bigint not null,
    ends_at  timestamptz not null
);
create index counters_ended on counters (ends_at);

-- How many sockets each web process holds open for whom; a process that is gone stops saying so.
create table open_sockets (
    user_id  uuid not null,
    process  text not null,
    count    integer not null,
    seen_at  timestamptz not null default now(),
    primary key (user_id, process)
);

create table spending (
    user_id   uuid not null references users (id) on delete cascade,
    -- In UTC.
    day       date not null,
    tokens    bigint not null default 0,
    cost_usd  numeric(18, 9) not null default 0,
    primary key (user_id, day)
);

create index runs_user_open on runs (user_id) where status in ('queued', 'running');

-- How many runs of a person have not ended, and in how many seconds the last of them must have. Near the limit the
-- caller's transaction holds the person's place until it ends, so that messages at the same moment do not share it.
create function open_runs(p_user uuid, p_limit integer)
returns table (open integer, resets_s double precision)
language plpgsql as $$
declare
    -- More messages than this at the same moment would be more than the connections of several web processes.
    c_moment constant integer := 64;
begin
    if (select count(*) from runs r where r.user_id = p_user and r.status in ('queued', 'running'))
        >= p_limit - c_moment
    then
        perform pg_advisory_xact_lock(hashtextextended('open_runs:' || p_user::text, 0));
    end if;
    return query
        select count(*)::integer, greatest(coalesce(extract(epoch from max(r.deadline_at) - now()), 0), 0)::float8
        from runs r where r.user_id = p_user and r.status in ('queued', 'running');
end $$;

-- Accept a message unless its person's open runs or day's budget are used up; the outcome names which, with how much.
-- A message sent again asks for nothing new, so it is answered whatever is used up.
create function accept_message_within(
    p_user uuid, p_tenant uuid, p_thread uuid, p_content text, p_deadline_s double precision,
    p_revision text, p_policy text, p_client_message_id text, p_open_runs integer, p_tokens bigint,
    p_cost_usd double precision
) returns table (
    outcome text, thread_id uuid, message_id uuid, run_id uuid, used double precision, resets_s double precision
)
language plpgsql as $$
declare
    v_now timestamp := now() at time zone 'utc';
    v_day_s double precision := extract(epoch from date_trunc('day', v_now) + interval '1 day' - v_now);
    v_tokens bigint;
    v_cost double precision;
    v_open integer;
    v_resets double precision;
begin
    if p_client_message_id is not null and exists (
        select 1 from runs r where r.user_id = p_user and r.client_message_id = p_client_message_id
    ) then
        return query
            select a.outcome, a.thread_id, a.message_id, a.run_id, null::float8, null::float8
            from accept_message(
                p_user, p_tenant, p_thread, p_content, p_deadline_s, p_revision, p_policy, p_client_message_id
            ) a;
        return;
    end if;
    select s.tokens, s.cost_usd into v_tokens, v_cost
    from spending s where s.user_id = p_user and s.day = v_now::date;
    if v_tokens >= p_tokens then
        return query select 'tokens_per_day', null::uuid, null::uuid, null::uuid, v_tokens::float8, v_day_s;
        return;
    end if;
    if v_cost >= p_cost_usd then
        return query select 'cost_usd_per_day', null::uuid, null::uuid, null::uuid, v_cost, v_day_s;
        return;
    end if;
    select o.open, o.resets_s into v_open, v_resets from open_runs(p_user, p_open_runs) o;
    if v_open >= p_open_runs then
        return query select 'open_runs', null::uuid, null::uuid, null::uuid, v_open::float8, v_resets;
        return;
    end if;
    return query
        select a.outcome, a.thread_id, a.message_id, a.run_id, null::float8, null::float8
        from accept_message(
            p_user, p_tenant, p_thread, p_content, p_deadline_s, p_revision, p_policy, p_client_message_id
        ) a;
end $$;
