"""The words by which questions are understood."""

import re
from typing import Literal

Topic = Literal[
    "overview",
    "cost",
    "latency",
    "tokens",
    "requests",
    "errors",
    "trend",
    "change",
    "anomalies",
    "models",
    "what_if",
    "forecast",
    "budget",
    "correlation",
    "failure_cost",
    "sql",
]
Group = Literal["model", "workload", "provider", "day"]
Step = Literal["auto", "minute", "hour", "day"]
Standing = Literal["costliest model", "slowest model", "biggest workload"]


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


def _grouped_by(words: str) -> re.Pattern[str]:
    """A group is asked for by a preposition or a superlative before it, such as `by model` or `the cheapest model`."""
    return _any(rf"\b(?:by|per|each|every|which|what|across|between|among|any|\w+est|most \w+) (?:\w+ )?(?:{words})\b")


BIGGEST = (
    r"\b(?:biggest|largest|busiest|heaviest|most used) (?:workload|service|application|app|project|model|provider)\b"
)
TOPICS: dict[Topic, re.Pattern[str]] = {
    "cost": _any(
        r"\bcost(?:s|ing|ly)?\b",
        r"\bspen[dt]",
        r"expens|\bcheap|\bdear",
        r"\bpric(?:e|ing)",
        r"\bbill",
        r"\bmoney\b|\bdollar|\busd\b|\$",
        r"\bpay",
    ),
    "latency": _any(
        r"\blatenc",
        r"\bslow|\bfast|\bspeed|\bquick",
        r"response times?|\bduration|\bhow long\b",
        r"\bp\d\d\b|\bmilliseconds?\b",
    ),
    "tokens": _any(r"\btokens?\b", r"(?:prompt|output|context) (?:size|length)"),
    "requests": _any(
        r"\brequests?\b|\bcalls\b", r"\bvolume\b|\btraffic\b|\busage\b|\bload\b", r"\bbus(?:y|iest)\b", BIGGEST
    ),
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
        r"\bincreas|\bdecreas|\bris(?:e|en|ing)\b|\brose\b|\bdrop|\bjump|\bgrew\b|\bshr[aiu]nk",
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
    "models": _any(
        r"\bcheapest\b.{0,30}?\bmodel|\bmodels?\b.{0,30}?\bcheapest\b",
        r"\b(?:cheaper|faster|smaller|alternative|other|another|better) models?\b",
        r"\bcompar\w{1,4} (?:the |our |my |all )?(?:\w{1,20} )?models\b",
        r"\b(?:same|equal) (?:requests|traffic|tokens|token mix|mix)\b",
    ),
    "what_if": _any(
        r"\bwhat[- ]if\b|\bwhat would happen\b|\bwhat happens if\b|\bwould (?:we|i|it|that) (?:save|cost)\b",
        r"\bcould (?:we|i) save (?:with|by|if)\b",
        r"\bif (?:we|i) (?:mov|switch|shift|rout|cach|batch|cap|limit|replac|us)",
        r"\bprompt[- ]cach|\bcaching\b|\bbatching\b|\bbatch (?:api|mode|processing)\b|\boutput (?:cap|limit)\b",
        r"\b(?:mov|switch|shift|rout)(?:e|ing)? .{1,80}? (?:to|from)\b",
    ),
    "forecast": _any(
        r"\bforecast|\bpredict|\bprojected\b|\bprojections?\b|\bextrapolat",
        r"\bwill (?:we|i|it|this|our|my) .{0,40}?(?:cost|spend|pay|be)\b|\bwill .{1,60}? cost\b",
        r"\bexpect to (?:spend|pay)\b|\bcoming (?:days|weeks?|month)\b",
        r"\bnext (?:week|month|quarter|\d{1,2} (?:days|weeks))\b",
        r"\bby the end of\b|\bend of (?:the|this) (?:month|quarter)\b",
    ),
    "budget": _any(r"\bbudget", r"\bburn(?:ing)?[- ](?:rate|down)\b", r"\boverspen|\bon track\b"),
    "correlation": _any(
        r"\bcorrelat|\b(?:moves?|moving|goes|go) together\b|\brelationship\b|\brelate[sd]? to\b|\blinked to\b",
        r"\bdepends? on\b|\bdependen(?:t|ce) (?:on|between)\b",
    ),
    "failure_cost": _any(
        r"\b(?:cost|spen[dt]|pay|paid|wasted?|lost|lose)(?: (?:on|for|of|by|to|with|was|were|due|the|our|all)){1,4} "
        r"(?:failures?|errors?|failed (?:requests?|calls?))\b",
        r"\b(?:failures?|errors?|failed (?:requests?|calls?)) cost\b",
    ),
    "sql": _any(r"\bselect\b[^;]{1,1500}\bfrom\s{1,20}events\b"),
}
TOPIC_WORDS: dict[Topic, str] = {
    "change": "what changed",
    "models": "how models compare",
    "what_if": "what a change would save",
    "budget": "the budget",
    "correlation": "what moves together",
    "failure_cost": "what failures cost",
    "sql": "the rows that a statement selects",
}
"""Topics whose name is no English."""
LEADING: tuple[Topic, ...] = ("sql", "what_if", "budget", "forecast", "correlation")
"""Whoever asks about one of these names cost or tokens only to say of what: it is the only topic, the first here."""
GROUPS: dict[Group, re.Pattern[str]] = {
    "model": _grouped_by("models?"),
    "workload": _grouped_by("workloads?|services?|applications?|apps?|projects?"),
    "provider": _any(
        r"\b(?:by|per|each|every|which|what|across|between|among|any|\w+est) (?:\w+ )?(?:providers?|vendors?)\b",
        r"\b(?:openai|anthropic|google|azure|bedrock|mistral|groq|cohere|deepseek|xai)\b(?!-)",
    ),
    "day": _grouped_by("days?|dates?"),
}
STEPS: dict[Step, re.Pattern[str]] = {
    "minute": _any(r"\b(?:per|by|each) minute\b"),
    "hour": _any(r"\bhourly\b|\b(?:per|by|each) hour\b"),
    "day": _any(r"\bdaily\b|\b(?:per|by|each) day\b"),
}
SO_MUCH = _any(r"\b(?:so|that|too) (?:high|expensive|much|dear|big|costly)\b")
"""Whoever asks why it is so much asks what it is made of, not what changed."""
STANDINGS: dict[Standing, re.Pattern[str]] = {
    "costliest model": _any(r"\b(?:most expensive|costliest|dearest|priciest|most costly) (?:model|one)\b"),
    "slowest model": _any(r"\bslowest (?:model|one)\b"),
    "biggest workload": _any(
        r"\b(?:biggest|largest|busiest|heaviest|most used) (?:workload|service|application|app|project)\b"
    ),
}
"""Names that only the data settles."""
EVERYTHING = _any(
    r"\b(?:everything|all (?:requests|traffic|workloads|of it|our \w{1,20}))\b.{0,30}?\b(?:on|to|with|by)\b"
)
"""All on one model is a comparison of models at equal tokens."""
GREETING = _any(
    r"^\W{0,5}(?:help|hello|hi|hey|good \w{1,10}|thanks?|thank you|who are you|what can (?:you|i) (?:do|ask))\b"
)
PER_REQUEST = _any(
    r"\b(?:cost|price|spend|pay|paid)\b.{0,40}?\b(?:per|a|each|every|single|average) (?:\w{1,20} )?(?:request|call)\b",
    r"\b(?:an?|one|each|every) (?:average |single )?(?:request|call)\b.{0,40}?\b(?:cost|price)",
)
COMPARE = _any(r"\bcompar", r"\bversus\b|\bvs\b", r"\bdifference\b", r"\bthan\b")
ADVICE = _any(
    r"\b(?:reduc(?:e|ing)|sav(?:e|ings?)|optimi[sz](?:e|ing|ations?)|lower|cut(?:ting)?|improve|recommend\w{0,7}|advi[sc]e)\b",
    r"\bshould (?:i|we)\b|\bspend less\b|\bmake .{1,60}? (?:cheaper|faster)\b",
)
FIELD = _any(r"\b(?:ai|llms?|models?|workloads?|tokens?|prompts?|inference|usage|spend(?:ing)?|bills?)\b")
"""What advice must be about, when nothing else in the question says it."""
SET_BUDGET = _any(
    r"(?:^|\bplease|\byou|\blet'?s|\b(?:want|like|need) to)\W{0,3}"
    r"(?:set|change|raise|lower|increase|decrease|reduce|make|put|update)\b.{0,60}?\bbudget\b",
    r"^\W{0,3}(?:my |our |the )?(?:monthly )?budget (?:should be|=|to)",
)
"""Orders only: a question about a budget sets none."""
AMOUNT = re.compile(
    r"\$\s{0,3}(?P<before>\d[\d,]{0,14}(?:\.\d{1,6})?)(?P<k>k\b)?"
    r"|\b(?P<after>\d[\d,]{0,14}(?:\.\d{1,6})?)\s{0,3}(?P<thousand>k\s{0,3})?(?:usd|dollars?)\b",
    re.IGNORECASE,
)
BARE_AMOUNT = re.compile(
    r"\bbudget\b.{0,30}?\b(?:to|of|at|=)\s{0,3}(?P<before>\d[\d,]{0,14}(?:\.\d{1,6})?)", re.IGNORECASE
)
PERCENT = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{1,4})?)\s{0,3}(?:%|percent\b)", re.IGNORECASE)
HORIZON = re.compile(
    r"\b(?:next|coming|following)\s{1,5}(?:(?P<count>\d{1,2})\s{1,5})?(?P<unit>day|week|month|quarter)s?\b",
    re.IGNORECASE,
)


def amount(text: str) -> float | None:
    """The first amount of money in the text, in US dollars."""
    found = AMOUNT.search(text)
    if found is None:
        return None
    thousand = 1000 if found["k"] or found["thousand"] else 1
    return float((found["before"] or found["after"]).replace(",", "")) * thousand


def budget_amount(text: str) -> float | None:
    """The amount that a budget should have: marked as money, or the number that the budget is set to."""
    bare = BARE_AMOUNT.search(text)
    return amount(text) or (float(bare["before"].replace(",", "")) if bare else None)


def percent(text: str) -> float | None:
    """The first percentage in the text."""
    found = PERCENT.search(text)
    return float(found[1]) if found else None


def horizon_days(text: str) -> int | None:
    """How many days ahead the text looks; None when it does not say."""
    found = HORIZON.search(text)
    if found is None:
        return None
    days = {"day": 1, "week": 7, "month": 30, "quarter": 91}[found["unit"].lower()]
    return max(1, min(92, days * int(found["count"] or 1)))


MOVEMENT = _any(r"\bgrew\b|\bshr[aiu]nk|\bchang|\bincreas|\bdecreas|\bwent\b|\bgone\b|\brose\b|\bdrop|\bjump")
"""Words of change that are about usage even when nothing else in the question is."""
