-- name: managed
-- Lock a tenant in which this person may manage servers: its first person, or an operator.
select t.id from tenants t
where t.id = $1
  and ($3 or $2 = (select u.id from users u where u.tenant_id = t.id order by u.created_at, u.id limit 1))
for update;

-- name: count
-- How many servers a tenant has.
select count(*) from mcp_servers where tenant_id = $1;

-- name: add
-- Add a server, unless the tenant has one of that name.
insert into mcp_servers (tenant_id, name, url, created_by) values ($1, $2, $3, $4)
on conflict (tenant_id, name) do nothing
returning id;

-- name: add_tool
-- Keep what a tool says of itself.
insert into mcp_tools (server_id, name, description, parameters, says_reads) values ($1, $2, $3, $4, $5);

-- name: of_tenant
-- A tenant's servers, each with its tools.
select s.id, s.name, s.url, s.token is not null as has_token, s.created_at,
       coalesce(jsonb_agg(jsonb_build_object(
           'name', t.name, 'description', t.description, 'parameters', t.parameters,
           'says_reads', t.says_reads, 'allowed', t.allowed
       ) order by t.name) filter (where t.name is not null), '[]') as tools
from mcp_servers s left join mcp_tools t on t.server_id = s.id
where s.tenant_id = $1
group by s.id
order by s.name;

-- name: tokens
-- The sealed tokens of a tenant's servers.
select id, token from mcp_servers where tenant_id = $1 and token is not null;

-- name: set_token
-- Keep another token of a server, or none.
update mcp_servers set token = $3 where tenant_id = $1 and id = $2 returning id;

-- name: every_token
-- The sealed tokens of everybody's servers.
select id, token from mcp_servers where token is not null;

-- name: reseal
-- Keep the same token sealed otherwise, unless another was set.
update mcp_servers set token = $3 where id = $1 and token = $2;

-- name: allow
-- Let the tenant's agents call these tools of a server, each as said, and no others.
update mcp_tools t set allowed = coalesce($3::jsonb ->> t.name, 'no')
from mcp_servers s
where s.id = t.server_id and s.tenant_id = $1 and s.id = $2
returning t.name;

-- name: remove
-- Remove a server of the tenant with its tools.
delete from mcp_servers where tenant_id = $1 and id = $2 returning id;
