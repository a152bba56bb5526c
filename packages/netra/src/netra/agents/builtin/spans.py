"""Which periods a question is about, once the data is known, and how those were chosen that it does not name."""

from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from netra.agents.builtin.intent import Intent
from netra.agents.builtin.periods import DAY, Settled, midnight, moment, settle

TWO_WEEKS = timedelta(days=14)
INSTANT = timedelta(microseconds=1)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Span(_Frozen):
    """A period and what it is called."""

    start: AwareDatetime
    end: AwareDatetime
    label: str

    def text(self) -> str:
        """The period with its moments; the end is the last moment that is not included."""
        return f"{moment(self.start)} to {moment(self.end)}"


class Times(_Frozen):
    """The period of a question, the one it is compared with, and how they were chosen."""

    current: Span | None
    baseline: Span | None = None
    note: str = ""


def settled_in(intent: Intent, newest: datetime) -> list[Settled]:
    """The periods named, the earliest first; when one counts back from the newest data, all do, to stay apart."""
    settled = sorted((settle(when, intent.now, newest) for when in intent.when), key=_start)
    if len(settled) == 1 or not any(s.counted_back for s in settled):
        return settled
    note = f"All data is older than a period named, so they are counted as of the newest request, {moment(newest)}."
    again = sorted((settle(when, newest, newest) for when in intent.when), key=_start)
    return [s.model_copy(update={"note": s.note or note}) for s in again]


def one(settled: list[Settled]) -> Times:
    """The one period that a question is about: the latest that it names, or all data."""
    if not settled:
        return Times(current=None)
    latest = _span(settled[-1])
    note = f"Of the periods named, this is about the latest, “{latest.label}”." if len(settled) > 1 else ""
    return Times(current=latest, note=note)


def compared(settled: list[Settled], first: datetime, last: datetime) -> Times:
    """The two periods that a question compares, in data that reaches from `first` to `last`."""
    if not settled:
        return _newest(first, last)
    current = _span(settled[-1])
    if len(settled) > 1:
        baseline = _span(settled[0])
        note = f"Compared: “{baseline.label}” with “{current.label}”."
        return Times(current=current, baseline=baseline, note=note)
    start = current.start - (current.end - current.start)
    baseline = Span(start=start, end=current.start, label=f"the same length before {moment(current.start)}")
    note = f"“{current.label}” is compared with the equally long period before it."
    return Times(current=current, baseline=baseline, note=note)


def _newest(first: datetime, last: datetime) -> Times:
    """Nobody named a period: the newest week with the one before, or the halves of shorter data."""
    end = midnight(last) + DAY
    if last - first >= TWO_WEEKS:
        middle = end - TWO_WEEKS / 2
        return Times(
            current=Span(start=middle, end=end, label="the newest seven days"),
            baseline=Span(start=end - TWO_WEEKS, end=middle, label="the seven days before"),
            note="No period was named, so the newest seven days of data are compared with the seven before.",
        )
    middle = first + (last - first) / 2 + INSTANT
    return Times(
        current=Span(start=middle, end=max(last, middle) + INSTANT, label="the later half of the data"),
        baseline=Span(start=first, end=middle, label="the earlier half of the data"),
        note="No period was named, so the later half of the data is compared with the earlier half.",
    )


def _start(settled: Settled) -> datetime:
    return settled.start


def _span(settled: Settled) -> Span:
    return Span(start=settled.start, end=settled.end, label=settled.label)
