"""What a drill needs of the machine, and why it cannot have it here."""

from collections.abc import Callable, Mapping

from goldenpath.drills import control_groups, disks
from goldenpath.drills.model import Drill
from goldenpath.drills.net.site import why_not

Why = Callable[[], str]
"""Why this machine lacks something; empty when it has it."""
NETWORK = "network"
"""A network of its own for the whole site, in which routes, filters and resolvers can be changed."""
CONTROL_GROUPS = "control_groups"
"""Control groups of its own, as root has them or whom a part of the tree was delegated to."""
DISK_IMAGES = "disk_images"
"""Disks that lie in files."""
KNOWN: Mapping[str, Why] = {NETWORK: why_not, CONTROL_GROUPS: control_groups.why_not, DISK_IMAGES: disks.why_no_image}


def missing(drill: Drill) -> str:
    """Why this drill cannot run here; empty when it can."""
    unknown = [need for need in drill.needs if need not in KNOWN]
    if unknown:
        return f"nobody knows how to tell whether there is {unknown[0]!r}"
    return next((why for need in drill.needs if (why := KNOWN[need]())), "")
