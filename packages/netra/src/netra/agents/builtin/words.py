"""The words by which questions are understood."""

import re
from typing import Literal

Topic = Literal["overview", "cost", "latency", "tokens", "requests", "errors", "trend", "change", "anomalies"]
Group = Literal["model", "workload", "provider", "day"]
Step = Literal["auto", "minute", "hour", "day"]


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


def _grouped_by(words: str) -> re.Pattern[str]:
    """A group is asked for by a preposition or a superlative before it, such as `by model` or `the cheapest model`."""
    return _any(rf"\b(?:by|per|each|every|which|what|across|between|among|any|\w+est) (?:\w+ )?(?:{words})\b")


TOPICS: dict[Topic, re.Pattern[str]] = {
    "cost": _any(
        r"\bcost(?:s|ing|ly)?\b",
        r"\bspen[dt]",
        r"expens|\bcheap|\bdear",
        r"\bpric(?:e|ing)",
        r"\bbill",
        r"\bmoney\b|\bdollar|\busd\b|\$",
        r"\bbudget|\bpay",
    ),
    "latency": _any(
        r"\blatenc",
        r"\bslow|\bfast|\bspeed|\bquick",
        r"response times?|\bduration|\bhow long\b",
        r"\bp\d\d\b|\bmilliseconds?\b",
    ),
    "tokens": _any(r"\btokens?\b", r"(?:prompt|output|context) (?:size|length)"),
    "requests": _any(r"\brequests?\b|\bcalls\b", r"\bvolume\b|\btraffic\b|\busage\b|\bload\b", r"\bbus(?:y|iest)\b"),
    "errors": _any(r"\berrors?\b", r"\bfail(?:s|ed|ures?|ing)?\b"),
    "trend": _any(
        r"\btrend",
        r"\bover time\b|\btimeline\b|\btime series\b",
        r"\bhourly\b|\bdaily\b|\b(?:per|by|each) (?:minute|hour|day)\b",
        r"\bdevelop|\bevol|\bgrow",
        r"\bpeak|\bbusiest\b",
    ),
    "change": _any(
        r"\bwhat(?:'s| has| have| is)? (?:been )?chang|\bchanged\b|\bchanges? in\b",
        r"\bwhy\b",
        r"\bdriv(?:er|ers|ing|es|en|e)\b|\bdrove\b",
        r"\bincreas|\bdecreas|\bris(?:e|en|ing)\b|\brose\b|\bdrop|\bjump",
        r"\b(?:went|gone|going) (?:up|down)\b",
        r"\b(?:week|month|day)[- ](?:over|on)[- ](?:week|month|day)\b",
    ),
    "anomalies": _any(
        r"anomal|\boutlier|\bspik",
        r"\bunusual|\babnormal|\bstrange|\bweird|\bsuspicious|\bodd\b",
        r"\bstands? out\b",
    ),
    "overview": _any(
        r"\boverview|\bsummar|\bprofile\b|\bstatus\b|\breport\b",
        r"\bwhat data\b|\bhow much data\b|\bwhat do you (?:know|have)\b",
        r"\b(?:which|what) (?:workloads|models) (?:do|are|have)\b",
        r"\bhow (?:is|are|was|were) .{0,100}?\b(?:doing|performing|going)\b",
    ),
}
GROUPS: dict[Group, re.Pattern[str]] = {
    "model": _grouped_by("models?"),
    "workload": _grouped_by("workloads?|services?|applications?|apps?|projects?"),
    "provider": _grouped_by("providers?|vendors?"),
    "day": _grouped_by("days?|dates?"),
}
STEPS: dict[Step, re.Pattern[str]] = {
    "minute": _any(r"\b(?:per|by|each) minute\b"),
    "hour": _any(r"\bhourly\b|\b(?:per|by|each) hour\b"),
    "day": _any(r"\bdaily\b|\b(?:per|by|each) day\b"),
}
COMPARE = _any(r"\bcompar", r"\bversus\b|\bvs\b", r"\bdifference\b", r"\bthan\b")
ADVICE = _any(
    r"\b(?:reduce|sav(?:e|ing)|optimi[sz]e|lower|cut|improve|recommend)\b",
    r"\bshould (?:i|we)\b",
)
MOVEMENT = _any(r"\bchang|\bincreas|\bdecreas|\bwent\b|\bgone\b|\brose\b|\bdrop|\bjump")
"""Words of change that are about usage even when nothing else in the question is."""
