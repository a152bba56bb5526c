-- A message sent again is accepted once: the client's own id for it, unique for each person, finds what it became.

alter table runs add column client_message_id text;
create unique index runs_client_message on runs (user_id, client_message_id) where client_message_id is not null;

-- As the function without `p_client_message_id`, which older revisions call; with one, the answer to the first time is
-- given again (`repeated`), and an id that stands for another message is refused (`other_message`).
create function accept_message(
    p_user uuid, p_tenant uuid, p_thread uuid, p_content text, p_deadline_s double precision,
    p_revision text, p_policy text, p_client_message_id text
) returns table (outcome text, thread_id uuid, message_id uuid, run_id uuid)
language plpgsql as $$
declare
    v_before record;
    v_made record;
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
    select a.outcome, a.thread_id, a.message_id, a.run_id into v_made
    from accept_message(p_user, p_tenant, p_thread, p_content, p_deadline_s, p_revision, p_policy) a;
    update runs r set client_message_id = p_client_message_id where r.id = v_made.run_id;
    return query select v_made.outcome, v_made.thread_id, v_made.message_id, v_made.run_id;
end $$;
