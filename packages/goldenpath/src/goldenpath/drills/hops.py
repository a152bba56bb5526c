"""Hops of a drill run: where each stands, and what a revision's variables are when they lead through one."""

import re
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from goldenpath.drills.hop import LOOPBACK, Hop
from goldenpath.errors import ManifestError
from goldenpath.manifest.model import System
from goldenpath.probes.address import target_of

Changes = dict[str, str | None]
PUBLIC = "public"
"""Stands for a component in a drill: the address that people use."""
HTTP_PORT = 80
_AUTHORITY = re.compile(r"^(?P<before>[a-z][a-z0-9+.-]*://(?:[^@/]*@)?)(?P<host>\[[^\]]*\]|[^:/]*)(?::(?P<port>\d+))?")


def address_in(system: System, component: str, environ: Mapping[str, str]) -> tuple[str, int]:
    """Host and port of a component, or of the people's way, as these variables say; ManifestError when it has none."""
    if component == PUBLIC:
        parts = urlsplit(_public(system, environ))
        return parts.hostname or LOOPBACK, parts.port or HTTP_PORT
    target = target_of(system.components[component], environ)
    if target is None or target.problem or not target.port.isdecimal():
        problem = target.problem if target else ""
        raise ManifestError(problem or "has no address to lead through a hop", where=component)
    return target.host, int(target.port)


def changes_to(system: System, component: str, environ: Mapping[str, str], port: int) -> Changes:
    """The variables with which a revision, or people, reach this component at a loopback port instead."""
    if component == PUBLIC:
        moved = _AUTHORITY.sub(rf"\g<before>{LOOPBACK}:{port}", _public(system, environ))
        return {system.doors.public: moved}
    address = system.components[component].address
    if address is None:
        raise ManifestError("has no address to lead through a hop", where=component)
    if address.url:
        return {address.url: _AUTHORITY.sub(rf"\g<before>{LOOPBACK}:{port}", environ[address.url])}
    return {address.host: LOOPBACK, address.port: str(port)}


def _public(system: System, environ: Mapping[str, str]) -> str:
    address = environ.get(system.doors.public, "")
    if not address:
        raise ManifestError("people have no address to lead through a hop", where="doors.public", hint="deploy anew")
    return address


class LiveHops:
    """The hops through which the good revision of a drill run leads, by component; they behave well between drills."""

    def __init__(self) -> None:
        """Begin without any."""
        self._hops: dict[str, Hop] = {}
        self.changes: Changes = {}
        """What the good revision has otherwise than the manifest, to lead through them."""

    async def open(
        self, system: System, components: Iterable[str], environ: Mapping[str, str], stack: AsyncExitStack
    ) -> None:
        """Put a hop before each of these components; they stand until the stack is left."""
        for component in components:
            hop = await stack.enter_async_context(Hop(*address_in(system, component, environ)))
            self._hops[component] = hop
            self.changes |= changes_to(system, component, environ, hop.port)

    def __getitem__(self, component: str) -> Hop:
        """The hop before this component."""
        return self._hops[component]
