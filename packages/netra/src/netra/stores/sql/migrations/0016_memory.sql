-- What a thread was about before the messages that still fit: folded to a digest, so that a long conversation keeps it.

create table thread_memory (
    thread_id  uuid primary key references threads (id) on delete cascade,
    -- The position of the last run whose messages are in the digest.
    through    bigint not null,
    digest     text not null,
    -- `builtin`, or the model that shortened it.
    analyst    text not null,
    made_at    timestamptz not null default now()
);
