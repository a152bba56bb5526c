"""Causes that a release brings along: code that does not load, crashes or behaves otherwise, and its migrations."""

from pydantic import JsonValue

from goldenpath.diagnosis.evidence import Evidence, field
from goldenpath.diagnosis.graph import CODE, MIGRATIONS
from goldenpath.diagnosis.places import journeys, schema
from goldenpath.diagnosis.readers import code, process
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always, never
from goldenpath.facts import Observation

GATE = "the gate compiles and imports the whole application of a candidate before anything of it runs"
_CHANGED = Prediction(states="which files differ from the last good revision", read=code.code_changed, probe="code")


def program(evidence: Evidence) -> tuple[Site, ...]:
    """The code of the revision as a whole, at the component with the doors."""
    return (Site(component=evidence.system.doors.component, nodes=(CODE,)),)


def programs(evidence: Evidence) -> tuple[Site, ...]:
    """The code, as each component of the revision runs it."""
    components = evidence.system.components.items()
    return tuple(Site(component=name, nodes=(CODE,)) for name, spec in components if spec.lifetime == "revision")


def migrations(evidence: Evidence) -> tuple[Site, ...]:
    """The migrations that the revision brings along, at the component whose schema they change."""
    return tuple(site.model_copy(update={"nodes": (MIGRATIONS,)}) for site in schema(evidence))


def behaviour(evidence: Evidence) -> tuple[Site, ...]:
    """The code, as a synthetic person meets it."""
    return tuple(site.model_copy(update={"nodes": (CODE,)}) for site in journeys(evidence))


def with_files(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    """The detail of a cause in the code: the files that changed; going back is no repair where none did."""
    del site
    changed = evidence.get(code.SUBJECT, "code.changed")
    listed = field(changed, "files") if changed else None
    files: list[JsonValue] = [f.get("file") for f in listed if isinstance(f, dict)] if isinstance(listed, list) else []
    same = evidence.get(code.SUBJECT, "code.unchanged") is not None
    found = evidence.get(code.SUBJECT, "code.culprit")
    return {"files": files, "in_code": bool(files), **_found(found), **({"fix": "none"} if same else {})}


def _found(found: Observation | None) -> dict[str, JsonValue]:
    """What a search blamed, and of that the files that may go back whole."""
    if found is None:
        return {}
    return {"blamed": field(found, "files"), "culprits": field(found, "culprits"), "commits": field(found, "commits")}


def _absent(evidence: Evidence, site: Site) -> str:
    words = code.does_not_load(absent=True)(evidence, site).words
    return f"a module that the code of {_revision(evidence)} imports is not there: {words}"


def _broken(evidence: Evidence, site: Site) -> str:
    return f"the code of {_revision(evidence)} does not load: {code.does_not_load(absent=False)(evidence, site).words}"


def _crashes(evidence: Evidence, site: Site) -> str:
    return f"{site.component} crashes in its own code: {code.crashed(evidence, site).words}"


def _destroys(evidence: Evidence, site: Site) -> str:
    words = code.breaches(("destructive",))(evidence, site).words
    return f"a migration would take away what the serving revision uses: {words}"


def _disordered(evidence: Evidence, site: Site) -> str:
    words = code.breaches(("out_of_order", "changed_afterwards"))(evidence, site).words
    return f"the migrations are no continuation of those that ran: {words}"


def _lacks(evidence: Evidence, site: Site) -> str:
    words = code.lacks_schema(evidence, site).words
    return f"the code of {_revision(evidence)} uses what no migration has made in {site.component}: {words}"


def _defect(evidence: Evidence, site: Site) -> str:
    words = code.behaves_badly(evidence, site).words
    return f"the code of {_revision(evidence)} behaves otherwise than the last good revision's: {words}"


def _revision(evidence: Evidence) -> str:
    return f"revision {evidence.revision}" if evidence.revision else "the revision"


RULES = (
    CauseRule(
        id="module_missing",
        claim="a module that {component} imports is not there",
        places=program,
        statement=_absent,
        mechanism="the processes end while they import their own program, and nothing listens",
        missing_control=GATE,
        must=(Prediction(states="which modules import", read=code.does_not_load(absent=True), probe="code"),),
        rivals=("code_broken", "process_dead", "route_broken"),
        change=code.code_changed,
        is_effect=never,
        fix="roll_back",
        detail=with_files,
    ),
    CauseRule(
        id="code_broken",
        claim="the code of {component} does not load",
        places=program,
        statement=_broken,
        mechanism="the processes end while they load their own program, and nothing listens",
        missing_control=GATE,
        must=(
            Prediction(states="which modules compile and import", read=code.does_not_load(absent=False), probe="code"),
        ),
        rivals=("module_missing", "process_dead", "route_broken"),
        change=code.code_changed,
        is_effect=never,
        fix="roll_back",
        detail=with_files,
    ),
    CauseRule(
        id="crash_in_code",
        claim="{component} crashes in its own code",
        places=programs,
        statement=_crashes,
        mechanism="the process ends, is started again and ends again: connections are refused now and then",
        missing_control="a candidate is started and watched before it has traffic",
        must=(
            Prediction(states="how the process ended", read=code.ended_by_itself, probe="process"),
            Prediction(states="the exception its log ends with", read=code.crashed, probe="log"),
        ),
        refuters=(Prediction(states="why it ended its own start", read=process.started_and_said_why_not, probe="log"),),
        rivals=("process_dead", "worker_down", "route_broken", "code_broken"),
        change=code.code_changed,
        is_effect=always,
        fix="roll_back",
        detail=with_files,
    ),
    CauseRule(
        id="migration_destructive",
        claim="a migration takes away what the serving revision uses",
        places=migrations,
        statement=_destroys,
        mechanism="the revision that still serves fails on what is gone, before the new one has the traffic",
        missing_control="migrations expand first and contract when no revision uses the old form",
        must=(Prediction(states="what the new migrations do", read=code.breaches(("destructive",)), probe="code"),),
        rivals=("migration_missing",),
        change=code.code_changed,
        is_effect=never,
        fix="roll_back",
        detail=with_files,
    ),
    CauseRule(
        id="migration_disordered",
        claim="the migrations are no continuation of those that ran",
        places=migrations,
        statement=_disordered,
        mechanism="environments with the same migrations get different schemas",
        missing_control="a migration that ran is never edited, and a new one comes last",
        must=(
            Prediction(
                states="the order and the texts of the migrations",
                read=code.breaches(("out_of_order", "changed_afterwards")),
                probe="code",
            ),
        ),
        rivals=("migration_missing",),
        change=code.code_changed,
        is_effect=never,
        fix="roll_back",
        detail=with_files,
    ),
    CauseRule(
        id="schema_behind_code",
        claim="the code uses what no migration has made",
        places=schema,
        statement=_lacks,
        mechanism="statements fail on a table or column that does not exist, on the new code only",
        missing_control="a synthetic run of the candidate before it has traffic",
        must=(
            Prediction(states="what the database complains of", read=code.lacks_schema, probe="log"),
            _CHANGED,
        ),
        rivals=("migration_missing", "process_dead", "credentials_refused"),
        change=code.code_changed,
        is_effect=never,
        fix="roll_back",
        detail=with_files,
    ),
    CauseRule(
        id="code_defect",
        claim="the code of the revision is at fault",
        places=behaviour,
        statement=_defect,
        mechanism="the program does something else than it should, with the same configuration and the same neighbours",
        missing_control="the same synthetic run against the candidate and the last good revision, before promotion",
        must=(
            Prediction(states="how a synthetic run goes", read=code.behaves_badly, probe="journey"),
            _CHANGED,
            Prediction(
                states="the same run at the last good revision",
                read=code.last_good_behaves,
                probe="journey_at_last_good",
            ),
        ),
        should=(Prediction(states="whether variables differ", read=code.variables_unchanged, probe="env"),),
        refuters=(
            Prediction(states="what the database complains of", read=code.lacks_schema, probe="log"),
            Prediction(states="whether every dependency answers", read=code.an_edge_fails, probe="edge"),
        ),
        rivals=("websocket_broken", "run_not_executed", "events_undelivered"),
        change=code.code_changed,
        is_effect=always,
        fix="roll_back",
        detail=with_files,
    ),
)
