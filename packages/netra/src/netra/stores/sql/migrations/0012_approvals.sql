-- A run that waits for a person's approval is parked: no worker holds it, its deadline stands still, and it becomes
-- claimable again when it is decided, when somebody wants it to end, or when the time for the decision is over.

alter table runs
    -- Until when nobody may claim it; what is left of the run's own time lies between this and its deadline.
    add column parked_until timestamptz,
    -- The call that is, or last was, waited for.
    add column parked_call text not null default '',
    -- How often it was parked: claims that no lost worker was the cause of.
    add column parks integer not null default 0;

-- Append what asks for the approval, and let go of the run, at once. No row comes back when the fence refuses.
create function park_run(
    p_run uuid, p_attempt integer, p_after integer, p_types text[], p_agents text[], p_data text[],
    p_call text, p_until timestamptz
) returns table (first_seq integer, at timestamptz, thread_id uuid)
language plpgsql as $$
declare
    v_made record;
begin
    perform from users u
    where u.id = (select r.user_id from runs r where r.id = p_run)
    for key share;
    select a.first_seq, a.at, a.thread_id into v_made
    from append_events(p_run, p_attempt, p_after, p_types, p_agents, p_data, null, null, null) a;
    if not found then
        return;
    end if;
    -- The same append sent twice is written once, and parks once.
    update runs r
    set parked_until = p_until, parked_call = p_call, parks = r.parks + 1, lease_owner = null, lease_until = null,
        deadline_at = r.deadline_at + (p_until - now())
    where r.id = p_run and r.parked_call <> p_call;
    return query select v_made.first_seq, v_made.at, v_made.thread_id;
end $$;

-- Make a parked run claimable, with the time that it had left.
create function unpark_run(p_run uuid) returns void
language plpgsql as $$
begin
    update runs r
    set deadline_at = r.deadline_at - (r.parked_until - now()), parked_until = null
    where r.id = p_run and r.parked_until is not null;
    perform pg_notify('netra_runs', r.revision) from runs r where r.id = p_run;
end $$;

-- Decide for a run's owner. Outcomes: decided, repeated, otherwise (it was decided the other way), late, unknown.
create function decide_approval(p_run uuid, p_user uuid, p_call text, p_approved boolean, p_data text)
returns table (outcome text, first_seq integer, at timestamptz, thread_id uuid)
language plpgsql as $$
declare
    v_run record;
    v_before boolean;
begin
    perform from users u where u.id = p_user for key share;
    select r.* into v_run from runs r where r.id = p_run and r.user_id = p_user for update;
    if not found or not exists (
        select from run_events e
        where e.run_id = p_run and e.type = 'approval_requested' and e.data->>'call_id' = p_call
    ) then
        return query select 'unknown', null::integer, null::timestamptz, null::uuid;
        return;
    end if;
    select (e.data->>'approved')::boolean into v_before from run_events e
    where e.run_id = p_run and e.type = 'approval_decided' and e.data->>'call_id' = p_call;
    if found then
        return query select
            case when v_before = p_approved then 'repeated' else 'otherwise' end,
            null::integer, null::timestamptz, null::uuid;
    elsif v_run.status <> 'running' or v_run.parked_call <> p_call or v_run.parked_until is null
        or v_run.parked_until <= now() or v_run.cancel_requested_at is not null
    then
        return query select 'late', null::integer, null::timestamptz, null::uuid;
    else
        return query
            select 'decided', a.first_seq, a.at, a.thread_id
            from append_events(
                p_run, v_run.attempt, null, array['approval_decided'], array['run'], array[p_data], null, null, null
            ) a;
        perform unpark_run(p_run);
    end if;
end $$;

-- As before, but a run that is parked is told by making it claimable: whoever claims it ends it.
create or replace function request_cancel(p_run uuid, p_by text)
returns table (outcome text, first_seq integer, at timestamptz, thread_id uuid)
language plpgsql as $$
declare
    v_status text;
    v_attempt integer;
    v_parked boolean;
begin
    perform from users u
    where u.id = (select r.user_id from runs r where r.id = p_run)
    for key share;
    perform from threads t
    where t.id = (select r.thread_id from runs r where r.id = p_run)
    for no key update;
    update runs r
    set cancel_requested_at = coalesce(r.cancel_requested_at, now()),
        cancel_requested_by = case when r.cancel_requested_at is null then p_by else r.cancel_requested_by end
    where r.id = p_run and r.status in ('queued', 'running')
    returning r.status, r.attempt, r.parked_until is not null into v_status, v_attempt, v_parked;
    if not found then
        return query select 'ended', null::integer, null::timestamptz, null::uuid;
    elsif v_status = 'queued' then
        return query
            select 'cancelled', a.first_seq, a.at, a.thread_id
            from append_events(
                p_run, v_attempt, null, array['run_cancelled'], array['run'],
                array[jsonb_build_object('by', p_by, 'reason', '')::text], 'cancelled', 'cancelled', null
            ) a;
    else
        if v_parked then
            perform unpark_run(p_run);
        end if;
        perform pg_notify('netra_cancel', p_run::text);
        return query select 'requested', null::integer, null::timestamptz, null::uuid;
    end if;
end $$;
