"""`goldenpath why`: look at what runs, and name the cause of what is wrong with its chain of whys."""

import asyncio
import time
from pathlib import Path

import click
from pydantic import JsonValue, ValidationError
from rich.console import Group, RenderableType
from rich.text import Text

from goldenpath.cli.diagnosis_text import lines_of
from goldenpath.cli.options import Call, Context, called, finish, show
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.diagnosis.bundle import Bundle, dump, parse
from goldenpath.diagnosis.engine import diagnose
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.errors import UsageError
from goldenpath.facts import Diagnosis, Observation, Record
from goldenpath.loop.investigate import investigate
from goldenpath.loop.scene import Scene
from goldenpath.probes.record import Recorder, now
from goldenpath.probes.told import TOLD, Told, tell
from goldenpath.worklog.diagnosis import page

STYLES = {"pass": "green", "fail": "bold red", "not_proven": "yellow"}
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)


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
@click.option("--worklog", type=NEW_FILE, help="Write the diagnosis to this file, as a page of Markdown.")
@click.option("--told", type=FILE, help="Facts and suspicions of people, as JSON; they are judged with the rest.")
@called
def command(
    call: Call, revision: str, source: Path | None, record: Path | None, worklog: Path | None, told: Path | None
) -> None:
    """Name the cause of what is wrong, with evidence."""
    said = read_told(told) if told else ()
    if source is not None:
        if revision or record:
            raise UsageError("a bundle is replayed as it is", where="--from", hint="leave --revision and --record out")
        bundle = parse(source.read_text(encoding="utf-8"), source.name)
        system, found = bundle.system, replay(bundle, said)
    else:
        context = call.open()
        system, found = context.system, asyncio.run(find_out(context, revision, said))
        if record is not None:
            write_bundle(context, record, found)
    if worklog is not None:
        text = page(system.system.name, found.revision, found.diagnosis, found.observations)
        worklog.write_text(text, encoding="utf-8")
    show(call, as_json(found), as_text(found))
    finish(found.diagnosis.verdict)


def replay(bundle: Bundle, said: tuple[Told, ...] = ()) -> Found:
    """Draw the diagnosis of a recorded bundle again: the same for the same bundle, without a time of its own."""
    revision = Evidence(bundle.system, bundle.observations).revision
    at = max([bundle.recorded_at, *(o.at for o in bundle.observations)])
    recorder = Recorder("t", clock=lambda: at)
    observations = (*bundle.observations, *(tell(recorder, one, revision) for one in said))
    return Found(revision=revision, diagnosis=diagnose(bundle.system, observations), observations=observations)


def read_told(path: Path) -> tuple[Told, ...]:
    """What people say, from a file; UsageError names the first thing that is wrong."""
    try:
        return TOLD.validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{place}: {first['msg']}", where=path.name, hint="a list of claims, readers and facts: see observations.md"
        ) from error


def write_bundle(context: Context, path: Path, found: Found) -> None:
    """Write what was observed as a bundle; a path of this machine becomes `{project}`."""
    bundle = Bundle(recorded_at=now(), system=context.system, observations=found.observations)
    path.write_text(dump(bundle, str(context.project)), encoding="utf-8")
    context.say(f"evidence: {path}")


async def find_out(context: Context, revision: str = "", said: tuple[Told, ...] = ()) -> Found:
    """Investigate a revision; without one, nothing is proven."""
    begun = time.perf_counter()
    target = LocalTarget(context.system, context.project, context.environment)
    live, good = target.live(), target.last_good()
    name = target.revision(revision).name if revision else live.name if live else ""
    if not name:
        nothing = Diagnosis(verdict="not_proven", missing_evidence=("nothing is deployed: run `goldenpath deploy`",))
        return Found(revision="", diagnosis=nothing, seconds=_since(begun))
    told = tuple(tell(Recorder("t"), one, name) for one in said)
    observations, diagnosis = await investigate(Scene(context, target, Recorder()), name, told)
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
    """The ids of every observation that a symptom, a link, a refutation or a judged claim cites."""
    links = [link for cause in diagnosis.causes for link in cause.chain]
    rivals = [*(rival for link in links for rival in link.rivals), *diagnosis.refuted]
    groups = [x.observations for x in (*diagnosis.symptoms, *links, *diagnosis.claims)]
    return frozenset(i for ids in (*groups, *(r.refuted_by for r in rivals)) for i in ids)


def as_text(found: Found) -> RenderableType:
    """The diagnosis, and its verdict in the last line."""
    diagnosis = found.diagnosis
    taken = "from a recording" if found.seconds is None else f"{found.seconds:.2f} s"
    closing = f"{diagnosis.verdict} - {_sum(diagnosis)}, {taken}, revision {found.revision or 'none'}"
    return Group(*lines_of(diagnosis), Text(closing, style=STYLES[diagnosis.verdict]))


def _sum(diagnosis: Diagnosis) -> str:
    if diagnosis.verdict == "pass":
        return "nothing is wrong"
    return f"{len(diagnosis.symptoms)} symptoms, {len(diagnosis.causes)} causes"


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 3)
