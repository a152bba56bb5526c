-- name: account
-- Find whose account a provider's is linked to.
select u.id, u.tenant_id, u.email, u.display_name, u.role, u.plan, u.created_at
from oidc_identities i join users u on u.id = i.user_id
where i.issuer = $1 and i.subject = $2;

-- name: link
-- Link a provider's account to one of ours, unless it is linked; answers whose it is now.
with added as (
    insert into oidc_identities (issuer, subject, user_id)
    select $1, $2, id from users where id = $3
    on conflict do nothing
    returning user_id
)
select user_id from added union all select user_id from oidc_identities where issuer = $1 and subject = $2;

-- name: of_person
-- List what is linked to a person's account, oldest first.
select id, issuer, subject, linked_at from oidc_identities where user_id = $1 order by linked_at, id;

-- name: hold_person
-- Read the hash of a person's password, and let no other link of the person go until the transaction ends.
select password_hash from users where id = $1 for update;

-- name: unlink
-- Remove one of a person's links; no row when it is not theirs.
delete from oidc_identities where user_id = $1 and id = $2 returning issuer;
