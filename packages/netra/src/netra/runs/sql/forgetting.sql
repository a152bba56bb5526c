-- name: forget
-- Remove some of each: tokens and sessions that prove nothing any more, revoked keys, and old events of the audit log.
with tokens as (
    delete from refresh_tokens where ctid = any(array(
        select ctid from refresh_tokens where expires_at < now() - interval '30 days' limit $1
    ))
), gone as (
    delete from sessions where ctid = any(array(
        select s.ctid from sessions s
        where coalesce(s.ended_at, s.expires_at, s.opened_at) < now() - interval '30 days'
          and not exists (select from refresh_tokens t where t.family = s.id)
        limit $1
    ))
), keys as (
    delete from api_keys where ctid = any(array(
        select ctid from api_keys where revoked_at < now() - interval '30 days' limit $1
    ))
)
delete from audit_events where ctid = any(array(
    select ctid from audit_events where at < now() - interval '2 years' limit $1
));

-- name: departed
-- Name people who are gone for longer than any of their runs can have gone on.
select user_id from departures where asked_at < now() - interval '5 minutes' order by asked_at limit 20;

-- name: forgotten
-- Note that Valkey has nothing of this person any more.
delete from departures where user_id = $1;
