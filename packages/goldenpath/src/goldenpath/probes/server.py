"""A datastore asked about itself with the system's own log-in, and what of it differs from when it was last well."""

from collections.abc import Mapping

from pydantic import Field, JsonValue

from goldenpath.facts import Observation, Record
from goldenpath.manifest.model import Kind, System
from goldenpath.probes import clickhouse_views, dns, postgres_views, redis_views, wire
from goldenpath.probes.address import Target, secrets_of, target_of
from goldenpath.probes.differences import schema_changes, setting_changes, table_scans
from goldenpath.probes.phase import Phase
from goldenpath.probes.record import Notes, Recorder
from goldenpath.probes.views import Asked, Views
from goldenpath.probes.wire import Wire

KINDS: frozenset[Kind] = frozenset({"postgres", "redis", "clickhouse"})
"""Kinds of component that can be asked about themselves."""
TIMEOUT_S = 6.0
"""The bound of each view."""
KEPT = ("settings", "schema")
"""Views too long to note whole: what of them differs is noted."""


class ServerOptions(Record):
    """How to ask."""

    revision: str = ""
    """Whose log-in it is."""
    before: Views = Field(default_factory=dict[str, JsonValue])
    """The same views when the system was last proven well; empty when nobody looked."""
    timeout_s: float = TIMEOUT_S


async def probe_server(
    recorder: Recorder, system: System, name: str, environ: Mapping[str, str], options: ServerOptions
) -> tuple[Observation, ...]:
    """Everything the server of one component says of itself; nothing for a component that is no datastore."""
    component = system.components[name]
    target = target_of(component, environ)
    if target is None or component.kind not in KINDS:
        return ()
    recorder.hide(*secrets_of(component, environ))
    notes = Notes(recorder, "server", name, options.revision)
    _note(notes, await ask(target, options.timeout_s), options.before)
    return notes.taken


async def ask(target: Target, timeout_s: float = TIMEOUT_S) -> Asked:
    """The views of the server at this address."""
    if target.problem:
        return Asked(failed=Phase(name="dns", error="EAI_NONAME", text=target.problem))
    looked_up, addresses = await dns.resolve(target.host, target.port, timeout_s)
    if looked_up.error:
        return Asked(failed=looked_up)
    tcp, opened = await wire.connect(addresses, timeout_s)
    if opened is None:
        return Asked(failed=tcp)
    try:
        return await _of_kind(target, opened, timeout_s)
    finally:
        await opened.close()


async def _of_kind(target: Target, opened: Wire, timeout_s: float) -> Asked:
    match target.kind:
        case "postgres":
            return await postgres_views.ask(target, opened, timeout_s)
        case "redis":
            await opened.close()
            return await redis_views.ask(target, opened.address, timeout_s)
        case "clickhouse":
            await opened.close()
            return await clickhouse_views.ask(target, opened.address, timeout_s)
        case _:
            return Asked()


def _note(notes: Notes, asked: Asked, before: Views) -> None:
    if asked.failed:
        told: dict[str, JsonValue] = {"phase": asked.failed.name, "error": asked.failed.error}
        notes.note("server.error", told, asked.failed.text)
    for view, value in asked.views.items():
        if view not in KEPT:
            notes.note(f"server.{view}", value)
    if asked.refused:
        words = "; ".join(f"{view}: {why}" for view, why in asked.refused.items())
        notes.note("server.refused", [*sorted(asked.refused)], words)
    _note_differences(notes, asked.views, before)


def _note_differences(notes: Notes, views: Views, before: Views) -> None:
    if "settings" in before and "settings" in views:
        changed = setting_changes(before["settings"], views["settings"])
        for change in changed:
            notes.note("server.setting_changed", change, "against the time when it was last proven well")
        if not changed:
            notes.note("server.settings_unchanged", value=True)
    if "tables" in before and "tables" in views:
        notes.note("server.scans", [*table_scans(before["tables"], views["tables"])], "since it was last proven well")
    if "schema" in before and "schema" in views:
        changed = schema_changes(before["schema"], views["schema"])
        for change in changed:
            notes.note("server.schema_changed", change, "against the time when it was last proven well")
        if not changed:
            notes.note("server.schema_unchanged", value=True)
