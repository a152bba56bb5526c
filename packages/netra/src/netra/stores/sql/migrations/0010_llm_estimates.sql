-- Whether a call's tokens are the provider's count or our estimate; an open call holds the most it can take.

alter table llm_calls add column estimated boolean not null default false;
