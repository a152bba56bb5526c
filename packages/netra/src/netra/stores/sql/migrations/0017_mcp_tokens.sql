-- The token that a tenant's server wants, sealed: only who has the keys of access tokens can read it.

alter table mcp_servers add column token text;
