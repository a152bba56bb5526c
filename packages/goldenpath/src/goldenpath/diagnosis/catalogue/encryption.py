"""Causes at the TLS hand-shake: certificates, and two sides that do not speak the same."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import edges, with_changes
from goldenpath.diagnosis.readers import edge, env, tls
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always

CONTROL = "certificates are watched by the days that they have left, and a candidate has to shake hands before traffic"
DECOYS = ("process_dead", "process_frozen", "connection_filtered", "route_broken", "name_unresolved")
CHAIN = ("certificate_untrusted", "certificate_revoked", "certificate_purpose")
DATES = ("certificate_expired", "certificate_not_yet_valid")
_EXPIRED, _NAME = edge.fails("tls", DATES), edge.fails("tls", ("certificate_name",))
_UNTRUSTED = edge.fails("tls", CHAIN)


def _expired(evidence: Evidence, site: Site) -> str:
    return f"the certificate of {site.component} is out of its dates: {_EXPIRED(evidence, site).words}"


def _untrusted(evidence: Evidence, site: Site) -> str:
    return f"nobody trusted vouches for the certificate of {site.component}: {_UNTRUSTED(evidence, site).words}"


def _name(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the certificate that {site.component} shows is of another name than the configured one"


def _mismatch(evidence: Evidence, site: Site) -> str:
    return f"the two sides do not agree on TLS at {site.component}: {tls.sides_differ(evidence, site).words}"


_LAST_GOOD = Prediction(
    states="whether the last good address works", read=edge.last_good_gets("tls"), probe="edge_at_last_good"
)

RULES = (
    CauseRule(
        id="certificate_expired",
        claim="the certificate of {component} is out of its dates",
        places=edges(),
        statement=_expired,
        mechanism="every client that checks dates ends the hand-shake; the server itself is well",
        missing_control=CONTROL,
        must=(Prediction(states="how the hand-shake ends", read=_EXPIRED, probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "tls_mismatch", "certificate_untrusted"),
        change=env.changed(*env.TLS_FIELDS),
        is_effect=always,
        fix="variable",
        detail=with_changes(*env.TLS_FIELDS),
    ),
    CauseRule(
        id="certificate_untrusted",
        claim="the certificate of {component} is not trusted",
        places=edges(),
        statement=_untrusted,
        mechanism="every client that checks authorities ends the hand-shake; the server itself is well",
        missing_control=CONTROL,
        must=(Prediction(states="how the hand-shake ends", read=_UNTRUSTED, probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "tls_mismatch", "certificate_expired"),
        change=env.changed(*env.TLS_FIELDS),
        is_effect=always,
        fix="variable",
        detail=with_changes(*env.TLS_FIELDS),
    ),
    CauseRule(
        id="certificate_name_wrong",
        claim="the certificate of {component} is of another name",
        places=edges(),
        statement=_name,
        mechanism="every client that checks names ends the hand-shake; by its right name the server is well",
        missing_control=CONTROL,
        must=(Prediction(states="how the hand-shake ends", read=_NAME, probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "certificate_untrusted"),
        change=env.changed(*env.TLS_FIELDS),
        is_effect=always,
        fix="variable",
        detail=with_changes(*env.TLS_FIELDS),
    ),
    CauseRule(
        id="tls_mismatch",
        claim="only one side at {component} speaks TLS",
        places=edges(),
        statement=_mismatch,
        mechanism="the connection stands, and each side waits for words that the other never says",
        missing_control=CONTROL,
        must=(Prediction(states="how the hand-shake ends, and plain text", read=tls.sides_differ, probe="edge"),),
        should=(_LAST_GOOD,),
        rivals=(*DECOYS, "certificate_untrusted"),
        change=env.changed(*env.TLS_FIELDS),
        is_effect=always,
        fix="variable",
        detail=with_changes(*env.TLS_FIELDS),
    ),
)
