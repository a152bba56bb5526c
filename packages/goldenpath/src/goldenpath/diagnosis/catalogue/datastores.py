"""Causes inside a datastore that takes connections: who fills it, who holds it up, and what it was told to refuse."""

from pydantic import JsonValue

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import components, with_nothing
from goldenpath.diagnosis.readers import edge, host, server, waits
from goldenpath.diagnosis.readers.combine import either, or_where
from goldenpath.diagnosis.rule import CauseRule, Prediction, Reading, Site, always

STORES = frozenset({"postgres", "redis", "clickhouse"})
CONTROL = "the server's own state is watched: connections, locks, memory, role and disk"
DECOYS = ("process_dead", "port_closed", "route_broken", "name_unresolved")
INSIDE = ("process_dead", "process_frozen", "route_broken", "credentials_refused")
TIGHT = (
    "statement_timeout",
    "lock_timeout",
    "transaction_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "search_path",
    "enable_indexscan",
    "enable_bitmapscan",
    "enable_hashjoin",
    "random_page_cost",
    "session_replication_role",
    "row_security",
    "synchronous_standby_names",
    "min-replicas-to-write",
    "timeout",
    "max_execution_time",
    "max_rows_to_read",
)
"""Settings that make work fail or crawl which went well before; those of other causes here are left to them."""

_taken = either(edge.fails("auth", ("too_many_clients",)), server.connections_are_taken)
_memory = either(edge.fails("query", ("memory_full",)), server.memory_is_full)
_silent = edge.fails("first_byte", ("timeout",)), edge.fails("auth", ("timeout",)), edge.fails("query", ("timeout",))
_is_late = either(waits.over_budget("connect", "query"), *_silent)
_no_writes = either(edge.fails("query", ("read_only",)), server.takes_no_writes)


def _disk_said(evidence: Evidence, site: Site) -> Reading:
    """A Redis that cannot save says so for many reasons; the others mean the disk."""
    kind = evidence.system.components[site.component].kind
    said = either(edge.fails("auth", ("disk_full",)), edge.fails("query", ("disk_full",)))(evidence, site)
    return said if kind != "redis" or said.state != "seen" else Reading(state="against")


_no_room = or_where(host.ended_for_want_of_room, either(host.disk_is_full, _disk_said))


def _full(evidence: Evidence, site: Site) -> str:
    count = server.connections_are_taken(evidence, site)
    holders = host.holds_connections(evidence, site)
    told = [words for words in (count.words if count.state == "seen" else "", holders) if words]
    return f"{site.component} has no connection left to give{': ' if told else ''}{'; '.join(told)}"


def _locked(evidence: Evidence, site: Site) -> str:
    return f"a lock in {site.component} is held: {server.lock_is_held(evidence, site).words}"


def _memory_full(evidence: Evidence, site: Site) -> str:
    words = server.memory_is_full(evidence, site)
    why = f": {words.words}" if words.state == "seen" else ""
    return f"{site.component} has used up its memory and refuses writes{why}"


def _read_only(evidence: Evidence, site: Site) -> str:
    words = server.takes_no_writes(evidence, site)
    why = f": {words.words}" if words.state == "seen" else ""
    return f"{site.component} takes no writes{why}"


def _disk(evidence: Evidence, site: Site) -> str:
    return f"the disk of {site.component} is full: {_no_room(evidence, site).words}"


def _unsaved(evidence: Evidence, site: Site) -> str:
    return (
        f"{site.component} cannot save its data and stops taking writes: {server.cannot_persist(evidence, site).words}"
    )


def _tightened(evidence: Evidence, site: Site) -> str:
    return f"a setting of {site.component} was changed: {server.setting_changed(*TIGHT)(evidence, site).words}"


def _held_up(evidence: Evidence, site: Site) -> str:
    return f"one command holds all of {site.component} up: {server.slow_commands(evidence, site).words}"


def _not_writable(evidence: Evidence, site: Site) -> str:
    return f"the data of {site.component} cannot be written: {host.disk_is_read_only(evidence, site).words}"


def _memory_of_one(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"statements of {site.component} need more memory than one may have"


def _parts(evidence: Evidence, site: Site) -> str:
    return f"{site.component} cannot keep up with small inserts: {server.too_many_parts(evidence, site).words}"


def _with_holder(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    return {"holder": server.lock_holder(evidence, site)}


_BEFORE = Prediction(states="whether the server was reached", read=edge.ends_before("auth"), probe="edge")
"""What never got to the server says nothing of its inside."""

RULES = (
    CauseRule(
        id="connections_exhausted",
        claim="{component} has no free connection",
        places=components(only=STORES),
        statement=_full,
        mechanism="new connections to {component} are turned away while the old ones are held",
        missing_control="connections are counted against the server's limit, all pools together",
        must=(Prediction(states="the connections in use against every limit", read=_taken, probe="server"),),
        rivals=(*DECOYS, "server_slow"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="disk_full",
        claim="the disk of {component} is full",
        places=components(only=STORES),
        statement=_disk,
        mechanism="whatever {component} has to write fails, and in the end it may end itself",
        missing_control="room on the disks is watched, with time left to act",
        must=(Prediction(states="room on the file system of its data", read=_no_room, probe="host"),),
        rivals=DECOYS,
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="file_system_read_only",
        claim="the file system of {component} is read-only",
        places=components(only=STORES),
        statement=_not_writable,
        mechanism="{component} can read and not write, whatever its permissions are",
        missing_control="room and state of the disks are watched",
        must=(Prediction(states="how the file system is mounted", read=host.disk_is_read_only, probe="host"),),
        rivals=("disk_full", "store_read_only", "persistence_failed", *DECOYS),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="memory_full",
        claim="{component} has used up its memory",
        places=components(only={"redis"}),
        statement=_memory_full,
        mechanism="reads and PING go well, and every write is refused",
        missing_control="memory is watched against its limit, and a check writes instead of reading",
        must=(Prediction(states="memory against its limit, and the policy", read=_memory, probe="server"),),
        rivals=(*DECOYS, "store_read_only", "persistence_failed"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="store_read_only",
        claim="{component} takes no writes",
        places=components(only={"postgres", "redis"}),
        statement=_read_only,
        mechanism="reads go well, and every write is refused",
        missing_control="a check of the role that writes instead of reading",
        must=(Prediction(states="the server's role and settings", read=_no_writes, probe="server"),),
        rivals=(*DECOYS, "disk_full", "credentials_refused"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="persistence_failed",
        claim="{component} cannot save its data",
        places=components(only={"redis"}),
        statement=_unsaved,
        mechanism="{component} refuses writes until it can save again; reads and PING go well",
        missing_control=CONTROL,
        must=(Prediction(states="how its last attempt to save went", read=server.cannot_persist, probe="server"),),
        refuters=(
            Prediction(states="room on the file system of its data", read=host.disk_is_full, probe="host"),
            Prediction(states="how the file system is mounted", read=host.disk_is_read_only, probe="host"),
            # It may have failed to save once, or be told to go on without: then it refuses nothing.
            Prediction(states="whether it takes commands all the same", read=edge.gets_through("query"), probe="edge"),
        ),
        rivals=(*DECOYS, "memory_full", "store_read_only", "disk_full", "file_system_read_only"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="lock_held",
        claim="a lock in {component} is held",
        places=components(only={"postgres"}),
        statement=_locked,
        mechanism="{component} answers at once whatever needs no lock, and what needs one waits behind its holder",
        missing_control="transactions that do nothing are ended after a time, and waiting for a lock has a limit",
        must=(Prediction(states="who waits for whom", read=server.lock_is_held, probe="server"),),
        refuters=(_BEFORE,),
        rivals=(*INSIDE, "server_slow"),
        is_effect=always,
        detail=_with_holder,
    ),
    CauseRule(
        id="setting_changed",
        claim="a setting of {component} was changed",
        places=components(only=STORES),
        statement=_tightened,
        mechanism="{component} refuses or slows down work that went well with the earlier setting",
        missing_control="settings of the servers are kept with the code and compared at each deploy",
        must=(Prediction(states="its settings", read=server.setting_changed(*TIGHT), probe="server"),),
        refuters=(_BEFORE,),
        rivals=(*INSIDE, "server_slow"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="command_slow",
        claim="one command holds {component} up",
        places=components(only={"redis"}),
        statement=_held_up,
        mechanism="{component} does one thing at a time: behind a slow command everybody waits",
        missing_control="commands that walk through everything are not allowed",
        must=(
            Prediction(states="whether it is late for others now", read=_is_late, probe="edge"),
            Prediction(states="the slow log", read=server.slow_commands, probe="server"),
        ),
        rivals=(*INSIDE, "server_slow"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="parts_too_many",
        claim="{component} has too many parts",
        places=components(only={"clickhouse"}),
        statement=_parts,
        mechanism="each small insert makes a part; beyond a limit inserts are held up and then refused",
        missing_control="rows are written in batches",
        must=(Prediction(states="parts by partition", read=server.too_many_parts, probe="server"),),
        rivals=INSIDE,
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="statement_memory",
        claim="statements of {component} exceed their memory",
        places=components(only={"clickhouse"}),
        statement=_memory_of_one,
        mechanism="{component} ends such a statement and goes on",
        missing_control=CONTROL,
        must=(
            Prediction(
                states="what the server counts as errors",
                read=either(edge.fails("query", ("memory_full",)), server.has_error("MEMORY_LIMIT_EXCEEDED")),
                probe="server",
            ),
        ),
        rivals=INSIDE,
        change=server.setting_changed("max_memory_usage"),
        is_effect=always,
        detail=with_nothing,
    ),
)
