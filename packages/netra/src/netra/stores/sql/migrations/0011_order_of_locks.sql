-- Whoever locks several rows locks them in one order: person, thread, run. Two that met in another order waited for each
-- other until PostgreSQL ended one of them: a message that interrupts, a run that ends, a cancel, a deleted account.

-- A claim looks up what was said before by run; a tenant's calls are found when they are erased and exported.
create index messages_run on messages (run_id);
create index llm_calls_tenant on llm_calls (tenant_id);

-- A run is inserted with its client's id, which it was given by an update of an indexed column before.
alter table runs
    alter column client_message_id set default nullif(current_setting('netra.client_message_id', true), '');

-- As before, but the person is held first, and `interrupt` ends at once what waits in the thread.
create or replace function accept_message(
    p_user uuid, p_tenant uuid, p_thread uuid, p_content text, p_deadline_s double precision,
    p_revision text, p_policy text
) returns table (outcome text, thread_id uuid, message_id uuid, run_id uuid)
language plpgsql as $$
declare
    v_thread uuid := p_thread;
    v_message uuid := gen_random_uuid();
    v_run uuid := gen_random_uuid();
    v_open uuid;
begin
    perform from users u where u.id = p_user for key share;
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
            -- The newest first, so that the end of one makes no worker claim another that ends too.
            for v_open in
                select r.id from runs r
                where r.thread_id = p_thread and r.status in ('queued', 'running') order by r.position desc
            loop
                perform request_cancel(v_open, 'a newer message');
            end loop;
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

-- As before, but the id reaches the run's row as its column's default.
create or replace function accept_message(
    p_user uuid, p_tenant uuid, p_thread uuid, p_content text, p_deadline_s double precision,
    p_revision text, p_policy text, p_client_message_id text
) returns table (outcome text, thread_id uuid, message_id uuid, run_id uuid)
language plpgsql as $$
declare
    v_before record;
begin
    if p_client_message_id is null then
        return query select a.outcome, a.thread_id, a.message_id, a.run_id
        from accept_message(p_user, p_tenant, p_thread, p_content, p_deadline_s, p_revision, p_policy) a;
        return;
    end if;
    -- Two of the same at once: the second waits here until the first has committed, and then finds it.
    perform pg_advisory_xact_lock(hashtextextended(p_user::text || p_client_message_id, 0));
    select r.thread_id, r.message_id, r.id, m.content into v_before
    from runs r join messages m on m.id = r.message_id
    where r.user_id = p_user and r.client_message_id = p_client_message_id;
    if found then
        return query select
            case
                when v_before.content = p_content and (p_thread is null or p_thread = v_before.thread_id) then 'repeated'
                else 'other_message'
            end,
            v_before.thread_id, v_before.message_id, v_before.id;
        return;
    end if;
    perform set_config('netra.client_message_id', p_client_message_id, true);
    return query select a.outcome, a.thread_id, a.message_id, a.run_id
    from accept_message(p_user, p_tenant, p_thread, p_content, p_deadline_s, p_revision, p_policy) a;
    perform set_config('netra.client_message_id', '', true);
end $$;

-- As before, but an append that ends its run holds the thread first.
create or replace function append_events(
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
    if p_status is not null then
        perform from threads t
        where t.id = (select r.thread_id from runs r where r.id = p_run)
        for no key update;
    end if;
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

-- As before, but person and thread are held first: a run that waits ends here, which updates its row a second time, and
-- PostgreSQL then looks at the person whom it refers to.
create or replace function request_cancel(p_run uuid, p_by text)
returns table (outcome text, first_seq integer, at timestamptz, thread_id uuid)
language plpgsql as $$
declare
    v_status text;
    v_attempt integer;
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
