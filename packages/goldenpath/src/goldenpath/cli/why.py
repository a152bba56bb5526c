"""`goldenpath why`: look at what runs, and name the cause of what is wrong with its chain of whys."""

import asyncio
import time
from pathlib import Path

import click
from pydantic import JsonValue
from rich.console import Group, RenderableType
from rich.text import Text

from goldenpath.cli.options import Call, Context, called, finish, show
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.diagnosis.bundle import Bundle, dump, parse
from goldenpath.diagnosis.engine import diagnose
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.errors import UsageError
from goldenpath.facts import Cause, Diagnosis, Link, Observation, Record, Rival
from goldenpath.loop.investigate import investigate
from goldenpath.loop.scene import Scene
from goldenpath.probes.record import Recorder, now

STYLES = {"pass": "green", "fail": "bold red", "not_proven": "yellow"}
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
SHOWN = 12
"""Open rivals and missing probes that a terminal shows; JSON has all of them."""


class Found(Record):
    """What an investigation found."""

    revision: str
    diagnosis: Diagnosis
    observations: tuple[Observation, ...] = ()
    last_good: str = ""
    seconds: float | None = None
    """None when it was drawn from a recording."""


@click.command()
@click.option("--revision", default="", help="The revision to explain; else the live one.")
@click.option("--from", "source", type=FILE, help="Explain a recorded evidence bundle; nothing live is asked.")
@click.option("--record", type=NEW_FILE, help="Write the evidence to this file, as a bundle.")
@called
def command(call: Call, revision: str, source: Path | None, record: Path | None) -> None:
    """Name the cause of what is wrong, with evidence."""
    if source is not None:
        if revision or record:
            raise UsageError("a bundle is replayed as it is", where="--from", hint="leave --revision and --record out")
        found = replay(parse(source.read_text(encoding="utf-8"), source.name))
    else:
        context = call.open()
        found = asyncio.run(find_out(context, revision))
        if record is not None:
            write_bundle(context, record, found)
    show(call, as_json(found), as_text(found))
    finish(found.diagnosis.verdict)


def replay(bundle: Bundle) -> Found:
    """Draw the diagnosis of a recorded bundle again: the same for the same bundle, without a time of its own."""
    return Found(
        revision=Evidence(bundle.system, bundle.observations).revision,
        diagnosis=diagnose(bundle.system, bundle.observations),
        observations=bundle.observations,
    )


def write_bundle(context: Context, path: Path, found: Found) -> None:
    """Write what was observed as a bundle; a path of this machine becomes `{project}`."""
    bundle = Bundle(recorded_at=now(), system=context.system, observations=found.observations)
    path.write_text(dump(bundle, str(context.project)), encoding="utf-8")
    context.say(f"evidence: {path}")


async def find_out(context: Context, revision: str = "") -> Found:
    """Investigate a revision; without one, nothing is proven."""
    begun = time.perf_counter()
    target = LocalTarget(context.system, context.project, context.environment)
    live, good = target.live(), target.last_good()
    name = target.revision(revision).name if revision else live.name if live else ""
    if not name:
        nothing = Diagnosis(verdict="not_proven", missing_evidence=("nothing is deployed: run `goldenpath deploy`",))
        return Found(revision="", diagnosis=nothing, seconds=_since(begun))
    observations, diagnosis = await investigate(Scene(context, target, Recorder()), name)
    return Found(
        revision=name,
        diagnosis=diagnosis,
        observations=observations,
        last_good=good.name if good else "",
        seconds=_since(begun),
    )


def as_json(found: Found) -> dict[str, JsonValue]:
    """The diagnosis with everything it cites, so that each statement can be looked up."""
    diagnosis = found.diagnosis.model_dump(mode="json")
    ids = cited_by(found.diagnosis)
    cited: list[JsonValue] = [o.model_dump(mode="json") for o in found.observations if o.id in ids]
    return {"revision": found.revision, **diagnosis, "observations": cited, "seconds": found.seconds}


def cited_by(diagnosis: Diagnosis) -> frozenset[str]:
    """The ids of every observation that a symptom, a link or a refutation cites."""
    links = [link for cause in diagnosis.causes for link in cause.chain]
    rivals = [rival for link in links for rival in link.rivals]
    groups = [*(s.observations for s in diagnosis.symptoms), *(link.observations for link in links)]
    return frozenset(i for ids in (*groups, *(r.refuted_by for r in rivals)) for i in ids)


def as_text(found: Found) -> RenderableType:
    """Each cause with its whys, then what stays open, then the verdict."""
    diagnosis = found.diagnosis
    causes = [line for cause in diagnosis.causes for line in _cause(cause)]
    taken = "from a recording" if found.seconds is None else f"{found.seconds:.2f} s"
    closing = f"{diagnosis.verdict} - {_sum(diagnosis)}, {taken}, revision {found.revision or 'none'}"
    return Group(*causes, *_unexplained(diagnosis), Text(closing, style=STYLES[diagnosis.verdict]))


def _sum(diagnosis: Diagnosis) -> str:
    if diagnosis.verdict == "pass":
        return "nothing is wrong"
    return f"{len(diagnosis.symptoms)} symptoms, {len(diagnosis.causes)} causes"


def _cause(cause: Cause) -> list[Text]:
    head = Text(f"{cause.component}: {cause.statement}", style="bold")
    head.append(f"  ({cause.id}, {cause.confidence})", style="dim")
    whys = [line for number, link in enumerate(cause.chain, start=1) for line in _link(number, link)]
    missed = [Text(f"  would have caught it: {cause.missing_control}")] if cause.missing_control else []
    return [head, *whys, Text(f"  so: {cause.mechanism}"), *missed, Text("")]


def _link(number: int, link: Link) -> list[Text]:
    answer = Text(f"     {link.answer}")
    answer.append(f"  [{', '.join(link.observations)}]", style="dim")
    return [Text(f"  {number}. {link.question}"), answer, *(_rival(rival) for rival in link.rivals)]


def _rival(rival: Rival) -> Text:
    if not rival.refuted_by:
        return Text(f"       open: {rival.statement}", style="yellow")
    line = Text(f"       not: {rival.statement}: {rival.reason}", style="dim")
    return line.append(f"  [{', '.join(rival.refuted_by)}]", style="dim")


def _unexplained(diagnosis: Diagnosis) -> list[Text]:
    explained = {i for cause in diagnosis.causes for i in cause.explains}
    left = [s for s in diagnosis.symptoms if s.id not in explained]
    symptoms = [Text(f"not explained: {s.statement}  [{', '.join(s.observations)}]", style="yellow") for s in left]
    rivals = _cut([f"  could be: {r.statement} ({r.component})" for r in diagnosis.open_rivals])
    wanted = _cut([f"  would decide: {missing}" for missing in diagnosis.missing_evidence])
    return [*symptoms, *(Text(line) for line in (*rivals, *wanted))]


def _cut(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], f"  ... and {more} more"]


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 3)
