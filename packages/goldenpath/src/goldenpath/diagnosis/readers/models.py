"""Predictions about the models that a provider offers."""

from goldenpath.diagnosis.edges import reports, views_into
from goldenpath.diagnosis.evidence import Evidence, ids_of, text_field
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, seen
from goldenpath.diagnosis.rule import Reading, Site
from goldenpath.diagnosis.signatures import classify
from goldenpath.facts import Observation

CODE = "model_not_found"


def is_turned_down(evidence: Evidence, site: Site) -> Reading:
    """The provider's list lacks the model, and the system itself says that it does without it for that reason.

    The list alone decides nothing: there are names that a provider serves and does not list.
    """
    views = [view for view in views_into(evidence, site.edges) if view.measured]
    listed = [found for view in views if (found := view.flag("model.listed"))]
    if not views:
        return UNKNOWN
    lacking = [o for o in listed if o.value is False]
    said = _said(evidence, site.component) if lacking else []
    if lacking and said:
        return seen([*lacking, *said], "the provider's list lacks the model, and the system does not work without it")
    if lacking:
        return against(lacking, "its list lacks the model, and nothing says that anybody minds")
    asked = [found for view in views if (found := view.ms("auth") or view.ms("query"))]
    return against(ids_of([*listed, *asked]), "the provider lists the model, or serves it unlisted")


def _said(evidence: Evidence, component: str) -> list[Observation]:
    """Where the system says that the model is not there: a start that was given up, or the state of this component."""
    starts = [(o, text_field(o, "statement")) for o in evidence.named("start.failed")]
    return [o for o, text in (*starts, *reports(evidence, component)) if (f := classify(text)) and f.code == CODE]
