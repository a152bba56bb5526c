-- The runs table as the queue: order within a thread, routing by revision, fenced appends, cancel, and who works.

alter table runs
    -- Order of acceptance; `accept_message` locks the thread, so that within a thread it is the order of commits too.
    add column position            bigint generated always as identity,
    -- Which deployed version accepted the run; its own workers serve it while any of them lives.
    add column revision            text not null default '',
    add column cancel_requested_by text not null default '',
    -- Appends and lease renewals touch no indexed column: with room on the page they stay heap-only.
    set (fillfactor = 60);

drop index runs_open;
create index runs_open on runs (position) where status in ('queued', 'running');
create index runs_thread_open on runs (thread_id, position) where status in ('queued', 'running');

create table workers (
    id        text primary key,
    revision  text not null,
    host      text not null,
    pid       integer not null,
    seen_at   timestamptz not null default now()
);

-- Accept a message: thread if none is named, message, run, first event and wake-up, all in the caller's transaction.
create function accept_message(
    p_user uuid, p_tenant uuid, p_thread uuid, p_content text, p_deadline_s double precision,
    p_revision text, p_policy text
) returns table (outcome text, thread_id uuid, message_id uuid, run_id uuid)
language plpgsql as $$
declare
    v_thread uuid := p_thread;
    v_message uuid := gen_random_uuid();
    v_run uuid := gen_random_uuid();
begin
    if v_thread is null then
        insert into threads (user_id, tenant_id, title)
        values (p_user, p_tenant, left(split_part(btrim(p_content), E'\n', 1), 80))
        returning id into v_thread;
    else
        -- The lock gives messages of one thread one order of commits.
        update threads t set updated_at = now()
        where t.id = p_thread and t.user_id = p_user and t.status = 'active';
        if not found then
            return query select 'thread_not_found', null::uuid, null::uuid, null::uuid;
            return;
        end if;
        if p_policy = 'reject' and exists (
            select 1 from runs r where r.thread_id = p_thread and r.status in ('queued', 'running')
        ) then
            return query select 'thread_busy', p_thread, null::uuid, null::uuid;
            return;
        end if;
        if p_policy = 'interrupt' then
            update runs r set cancel_requested_at = now(), cancel_requested_by = 'a newer message'
            where r.thread_id = p_thread and r.status in ('queued', 'running') and r.cancel_requested_at is null;
            perform pg_notify('netra_cancel', r.id::text) from runs r
            where r.thread_id = p_thread and r.status in ('queued', 'running');
        end if;
    end if;
    insert into messages (id, thread_id, run_id, role, content)
    values (v_message, v_thread, v_run, 'user', p_content);
    insert into runs (id, thread_id, message_id, user_id, tenant_id, revision, last_seq, deadline_at)
    values (v_run, v_thread, v_message, p_user, p_tenant, p_revision, 1, now() + make_interval(secs => p_deadline_s));
    insert into run_events (run_id, seq, type, agent, at, data)
    values (v_run, 1, 'run_queued', 'run', clock_timestamp(), jsonb_build_object('message_id', v_message));
    perform pg_notify('netra_runs', p_revision);
    return query select 'accepted', v_thread, v_message, v_run;
end $$;

-- Append events of one attempt. No row comes back when the fence refuses: a newer attempt exists or the run has ended.
-- `p_after` is the last seq the writer knows: the same append sent twice (its first answer was lost) is written once.
-- With `p_status` the run ends here: its row, the answer's message and the wake-up of the thread's next run go together.
create function append_events(
    p_run uuid, p_attempt integer, p_after integer, p_types text[], p_agents text[], p_data text[],
    p_status text, p_reason text, p_answer text
) returns table (first_seq integer, at timestamptz, thread_id uuid)
language plpgsql as $$
declare
    v_count integer := cardinality(p_types);
    v_last integer;
    v_thread uuid;
    v_at timestamptz;
begin
    update runs r
    set last_seq = r.last_seq + v_count,
        status = coalesce(p_status, r.status),
        reason = coalesce(p_reason, r.reason),
        finished_at = case when p_status is null then r.finished_at else clock_timestamp() end
    where r.id = p_run and r.attempt = p_attempt and r.status in ('queued', 'running')
      and (p_after is null or r.last_seq = p_after)
    returning r.last_seq, r.thread_id into v_last, v_thread;
    if not found then
        return query
            select e.seq, e.at, r.thread_id
            from runs r join run_events e on e.run_id = r.id and e.seq = p_after + 1
            where r.id = p_run and r.attempt = p_attempt and r.last_seq = p_after + v_count
              and e.type = p_types[1] and e.data = p_data[1]::jsonb;
        return;
    end if;
    v_at := clock_timestamp();
    insert into run_events (run_id, seq, type, agent, at, data)
    select p_run, v_last - v_count + i, p_types[i], p_agents[i], v_at, p_data[i]::jsonb
    from generate_subscripts(p_types, 1) i;
    if p_status is not null then
        if p_answer is not null then
            insert into messages (thread_id, run_id, role, content) values (v_thread, p_run, 'assistant', p_answer);
        end if;
        update threads t set updated_at = now() where t.id = v_thread;
        perform pg_notify('netra_runs', n.revision) from (
            select r.revision from runs r
            where r.thread_id = v_thread and r.status in ('queued', 'running')
            order by r.position limit 1
        ) n;
    end if;
    return query select v_last - v_count + 1, v_at, v_thread;
end $$;

-- Ask for the end of a run. One that no worker holds ends here; a running one is told through NOTIFY.
create function request_cancel(p_run uuid, p_by text)
returns table (outcome text, first_seq integer, at timestamptz, thread_id uuid)
language plpgsql as $$
declare
    v_status text;
    v_attempt integer;
begin
    update runs r
    set cancel_requested_at = coalesce(r.cancel_requested_at, now()),
        cancel_requested_by = case when r.cancel_requested_at is null then p_by else r.cancel_requested_by end
    where r.id = p_run and r.status in ('queued', 'running')
    returning r.status, r.attempt into v_status, v_attempt;
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
        perform pg_notify('netra_cancel', p_run::text);
        return query select 'requested', null::integer, null::timestamptz, null::uuid;
    end if;
end $$;
