-- Where a run comes from, so that the worker's spans and log lines can be found by what the web process said of it.
-- The accepting transaction says it in settings of its own: whatever function inserts the run need not know.

alter table runs
    -- W3C Trace Context of the span that accepted the message; empty when it was not traced.
    add column traceparent text not null default coalesce(current_setting('netra.traceparent', true), ''),
    -- The request or socket that asked.
    add column request_id text not null default coalesce(current_setting('netra.request_id', true), '');
