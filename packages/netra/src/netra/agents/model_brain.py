"""The brains of a language model: it may understand, choose tools and comment; the numbers stay the tools'.

Each builds on the builtin brain of its agent, which does the rest and serves where the model brings nothing. Importing
this imports the model client, which costs over a second; only workers with a model do.
"""

from collections.abc import Iterable
from contextlib import aclosing

from pydantic import JsonValue, TypeAdapter

from netra.agents import prompts
from netra.agents.asking import caller, definition, exchange, opening, passed_over
from netra.agents.builtin.numbers import Number
from netra.agents.builtin_brain import blocks, found, gathered, rest
from netra.agents.comment import Comment
from netra.agents.facts import Facts
from netra.agents.findings import Finding
from netra.agents.steps import Assignment, Brain, Done, Say, Step, Steps, Think
from netra.agents.wanted import Wanted, wanted
from netra.llm.chat import Request
from netra.llm.models import Answered, Passed, RoleModels

MAX_ROUNDS = 8
"""A model that still asks for tools then has what it needs, or never will."""
PROFILE = "data_profile"
NUMBERS: TypeAdapter[tuple[Number, ...]] = TypeAdapter(tuple[Number, ...])


class ModelWords:
    """The model says in a sentence what it makes of the question; everything that is decided is decided by rule."""

    def __init__(self, models: RoleModels, builtin: Brain) -> None:
        """Ask these models, then do as the builtin brain does."""
        self.name = models.name
        self._models = models
        self._builtin = builtin

    async def work(self, assignment: Assignment) -> Steps:
        """Say the sentence, then follow the rules."""
        turn = self._models.turn(caller(assignment))
        told = Wanted(text="", calls=(), analyst=self.name)
        async for piece in wanted(turn, opening(assignment), (), max_tokens=prompts.TOKENS[assignment.agent]):
            if isinstance(piece, Passed):
                yield passed_over(piece)
            else:
                told = piece
        if told.text:
            yield Think(text=told.text)
        finding: Finding | None = None
        async with aclosing(self._builtin.work(assignment)) as steps:
            while not isinstance(step := await steps.asend(finding), Done):
                finding = yield step
        said: dict[str, JsonValue] = {"understood": told.text, "analyst": told.analyst} if told.text else {}
        yield step.model_copy(update={"result": {**step.result, **said}, "models": tuple(turn.calls)})


class ModelTools:
    """The model chooses tools and arguments; what it leaves undone the builtin brain does, and is named for it."""

    def __init__(self, models: RoleModels, builtin: Brain) -> None:
        """Offer what the agent is granted, and nothing else."""
        self.name = models.name
        self._models = models
        self._builtin = builtin

    async def work(self, assignment: Assignment) -> Steps:
        """Ask the model until it asks for nothing more."""
        findings = list(assignment.findings)
        offered = tuple(definition(tool) for tool in assignment.granted)
        messages = [*opening(assignment), *(message for finding in findings for message in exchange(finding))]
        turn, analyst = self._models.turn(caller(assignment)), self.name
        for _ in range(MAX_ROUNDS):
            told = Wanted(text="", calls=(), analyst=analyst)
            async for piece in wanted(turn, messages, offered, max_tokens=prompts.TOKENS[assignment.agent]):
                if isinstance(piece, Passed):
                    yield passed_over(piece)
                else:
                    told, analyst = piece, piece.analyst
            if not told.calls:
                break
            yield Think(text=told.text or f"Asking {', '.join(call.tool for call in told.calls)}.")
            for call in told.calls:
                finding = found((yield call.model_copy(update={"why": told.text})))
                findings.append(finding)
                messages += exchange(finding)
        if assignment.agent == "data" and _served(findings):
            yield gathered(findings, analyst=analyst).model_copy(update={"models": tuple(turn.calls)})
            return
        answer: Finding | None = None
        step: Step
        async with aclosing(self._builtin.work(assignment.model_copy(update={"findings": tuple(findings)}))) as steps:
            while not isinstance(step := await steps.asend(answer), Done):
                answer = yield step
        yield step.model_copy(update={"models": tuple(turn.calls)})


class ModelReporting:
    """The facts by template, then the model's comment, sentence by sentence, as far as the facts support it."""

    def __init__(self, models: RoleModels, builtin: Brain) -> None:
        """Ask these models, after what the builtin brain says."""
        self.name = models.name
        self._models = models
        self._builtin = builtin

    async def work(self, assignment: Assignment) -> Steps:
        """Say the report, then the comment."""
        report = ""
        async with aclosing(self._builtin.work(assignment.model_copy(update={"said": ""}))) as steps:
            while not isinstance(step := await anext(steps), Done):
                if isinstance(step, Say):
                    report += step.text
                else:
                    yield step
        if len(assignment.said) > len(report) and assignment.said.startswith(report):
            # The comment was under way when its worker was lost; a second one could contradict the first half.
            yield step.model_copy(update={"result": {**step.result, "analyst": self.name, "comment": "cut short"}})
            return
        for block in blocks(rest(report, assignment.said)):
            yield Say(text=block)
        if assignment.failed:
            # What is missing is not the model's to comment on, and may be the model itself.
            yield step
            return
        yield Say(text="\n\n")
        comment = Comment(Facts(NUMBERS.validate_python(step.result.get("numbers", ())), report))
        turn, analyst = self._models.turn(caller(assignment)), self.name
        asked = Request(messages=opening(assignment, report), max_tokens=prompts.TOKENS["reporting"])
        async for piece in turn.stream(asked, shown=True):
            match piece:
                case Passed():
                    yield passed_over(piece)
                case str():
                    for sentence in comment.take(piece):
                        yield Say(text=sentence)
                case Answered():
                    analyst = piece.call.model
                    for sentence in comment.end():
                        yield Say(text=sentence)
        if comment.withheld:
            yield Say(text=f"\n\n*{comment.withheld} of the model's sentences withheld: a number came from no tool.*")
        told: dict[str, JsonValue] = {"analyst": analyst, "comment": analyst, "withheld": comment.withheld}
        yield step.model_copy(update={"result": {**step.result, **told}, "models": tuple(turn.calls)})


def _served(findings: Iterable[Finding]) -> bool:
    """Whether anything but the profile of the data was found."""
    return any(finding.status == "ok" and finding.tool != PROFILE for finding in findings)
