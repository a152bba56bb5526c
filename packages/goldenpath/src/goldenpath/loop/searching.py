"""Which change of the code made a revision bad: halve what lies between it and the last good one, by trying.

First over commits where git knows them, else over revisions, then over the pieces of the change that is left. The ends
are tried only where there is something to halve: of a single change the diagnosis has shown both sides.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from goldenpath.deploy.target import Artefact, Code, Commit
from goldenpath.diagnosis.bisection import History, Outcome, heads, line, next_point, suspects
from goldenpath.errors import StateError
from goldenpath.events import TriedLevel
from goldenpath.facts import Record
from goldenpath.loop.hunks import Texts, hunks, with_hunks
from goldenpath.loop.scene import Scene
from goldenpath.loop.trials import Trials

Codes = Callable[[str], Awaitable[Code]]
"""The code at a point of a history."""
SHORT = 10
"""Characters of a commit's name that people are shown."""
MOST_SHOWN = 5
UNCOMMITTED = "what is not committed"


class Change(Record):
    """What made a revision bad, as closely as it was found."""

    statement: str
    certain: bool
    """Whether it is one commit, revision or piece, and not one of several that were not told apart."""
    commits: tuple[Commit, ...] = ()
    before: dict[str, str]
    """The files of the change as they were."""
    after: dict[str, str]
    """The same files with it."""
    wider: dict[str, str]
    """The same files without anything of the commit or span that the change is a piece of."""

    @property
    def files(self) -> tuple[str, ...]:
        """What it touches."""
        names = {*self.before, *self.after}
        return tuple(sorted(name for name in names if self.before.get(name) != self.after.get(name)))


class Searching:
    """One search between two revisions of a scene."""

    def __init__(self, scene: Scene, trials: Trials) -> None:
        """Between the revisions that the trials are about."""
        self._scene = scene
        self._trials = trials

    async def search(self, *, confirmed: bool = True) -> Change:
        """The change; StateError says why there is none to name. Unless `confirmed`, both ends are tried first."""
        trials = self._trials
        good, bad = trials.carried(trials.good), trials.carried(trials.bad)
        if good.digest == bad.digest:
            raise StateError(f"{trials.bad} has the code of {trials.good}: no change of the code made it bad")
        if not confirmed:
            await trials.confirm()
        if commits := self._commits():
            return await self._among_commits(commits, good, bad)
        return await self._among_revisions(good, bad)

    async def _among_commits(self, commits: tuple[Commit, ...], good: Artefact, bad: Artefact) -> Change:
        history = {commit.name: commit.parents for commit in commits}
        left = await self._halved("commit", history, self._at_commit, {name: name[:SHORT] for name in history})
        named = tuple(commit for commit in commits if commit.name in left)
        if len(named) != 1:
            change = await self._among_pieces(good, bad, f"one of {len(named)} commits: {_listed(map(_shown, named))}")
            return change.model_copy(update={"commits": named, "certain": False})
        if named[0].name == self._trials.bad:
            return await self._among_pieces(await self._taken(named[0].parents[0]), bad, named[0].subject)
        parent = self._scene.target.repository.parent(named[0].name)
        after = await self._taken(named[0].name)
        before = await self._taken(parent) if parent else good
        change = await self._among_pieces(before, after, f"commit {_shown(named[0])}")
        return change.model_copy(update={"commits": named})

    async def _among_revisions(self, good: Artefact, bad: Artefact) -> Change:
        """Among those that came between, then among the pieces between two neighbours."""
        chain = self._chain()
        if len(chain) <= len((good, bad)):
            return await self._among_pieces(good, bad, "")
        left = await self._halved("revision", line(chain[1:]), self._at_revision, {})
        places = [chain.index(name) for name in left]
        first, last = chain[min(places) - 1], chain[max(places)]
        between = self._trials.carried(first), self._trials.carried(last)
        return await self._among_pieces(*between, f"between {first} and {last}")

    async def _among_pieces(self, before: Artefact, after: Artefact, words: str) -> Change:
        """Of the pieces of a change the one with which it went bad."""
        old, new = differing(before, after)
        pieces = hunks(old, new)
        whole = contents(before)

        async def with_first(point: str) -> Code:
            made = await self._scene.target.with_contents(replaced(whole, new, with_hunks(old, pieces[: int(point)])))
            return Code(folder=made.folder)

        points = {str(i + 1): piece for i, piece in enumerate(pieces)}
        names = {point: f"{piece.label} and what is before it" for point, piece in points.items()}
        left = await self._halved("piece", line(tuple(points)), with_first, names) if len(points) > 1 else {*points}
        chosen = [piece for point, piece in points.items() if point in left]
        shown = _listed(dict.fromkeys(piece.label for piece in chosen))
        return Change(
            statement=f"{words}: {shown}" if words else shown,
            certain=len(chosen) == 1,
            before=with_hunks(old, [piece for piece in pieces if piece not in chosen]),
            after=new,
            wider=old,
        )

    async def _halved(
        self, level: TriedLevel, history: History, codes: Codes, names: Mapping[str, str]
    ) -> frozenset[str]:
        """Try points until one suspect is left, or none tells more, or no more may be tried."""
        outcomes: dict[str, Outcome] = dict.fromkeys(heads(history), "bad")
        while (point := next_point(history, outcomes)) is not None and self._trials.more:
            label = names.get(point, point)
            try:
                code = await codes(point)
            except StateError:
                outcomes[point] = "skip"
                continue
            outcomes[point] = await self._trials.outcome(level, label, code)
        left = suspects(history, outcomes)
        if not left:
            raise StateError("the tries contradict each other: it fails now and then, whatever the code")
        return left

    def _commits(self) -> tuple[Commit, ...]:
        """The commits from good to bad; none where one is not known, or the one does not come from the other.

        What was not committed yet comes last, by the name of the bad revision.
        """
        target, spec = self._scene.target, self._scene.system.artefact
        good, bad = target.revision(self._trials.good).commit, target.revision(self._trials.bad)
        last = bad.commit or bad.ahead_of
        if spec is None or not good or last in {"", good}:
            return ()
        try:
            if target.repository.base(good, last) != good:
                return ()
            commits = target.repository.between(good, last, spec.paths)
        except StateError:
            return ()
        return commits if bad.commit else (Commit(name=bad.name, parents=(last,), subject=UNCOMMITTED), *commits)

    def _chain(self) -> tuple[str, ...]:
        """The good revision, those after it that served with other code than the one before them, the bad one."""
        ends = (self._trials.good, self._trials.bad)
        served = [r for r in self._scene.target.revisions() if r.name in ends or (r.artefact and r.state == "retired")]
        names = [r.name for r in served]
        names = names[names.index(self._trials.good) : names.index(self._trials.bad) + 1]
        digests = [self._scene.target.revision(name).artefact for name in names]
        return tuple(name for i, name in enumerate(names) if not i or digests[i] != digests[i - 1])

    async def _at_commit(self, name: str) -> Code:
        return await self._at_revision(name) if name == self._trials.bad else Code(commit=name)

    async def _at_revision(self, name: str) -> Code:
        return Code(folder=self._trials.carried(name).folder)

    async def _taken(self, commit: str) -> Artefact:
        found = await self._scene.target.code(Code(commit=commit))
        if found is None:
            raise StateError("revisions carry no code", hint="declare [artefact] in the manifest")
        return found


def differing(before: Artefact, after: Artefact) -> tuple[dict[str, str], dict[str, str]]:
    """The texts of the files in which two versions differ."""
    names = sorted({*before.files, *after.files})
    changed = [name for name in names if before.files.get(name) != after.files.get(name)]
    return texts(before, changed), texts(after, changed)


def texts(artefact: Artefact, names: Iterable[str]) -> dict[str, str]:
    """Of these files those that a version has; any bytes survive the decoding."""
    there = [name for name in names if name in artefact.files]
    return {name: Path(artefact.folder, name).read_bytes().decode(errors="surrogateescape") for name in there}


def contents(artefact: Artefact) -> dict[str, bytes]:
    """Every file of a version."""
    return {name: Path(artefact.folder, name).read_bytes() for name in artefact.files}


def replaced(whole: Mapping[str, bytes], touched: Iterable[str], given: Texts) -> dict[str, bytes]:
    """A version in which the touched files are those given; one that is not given is left out."""
    kept = {name: content for name, content in whole.items() if name not in {*touched, *given}}
    return kept | {name: text.encode(errors="surrogateescape") for name, text in given.items()}


def _shown(commit: Commit) -> str:
    return f"{commit.name[:SHORT]} ({commit.subject})" if commit.subject else commit.name[:SHORT]


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - MOST_SHOWN} more" if len(listed) > MOST_SHOWN else ""
    return ", ".join(listed[:MOST_SHOWN]) + more
