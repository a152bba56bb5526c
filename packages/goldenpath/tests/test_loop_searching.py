"""The search for a bad change in a real repository, each version started and asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from code_history import History

from goldenpath.cli.main import root
from goldenpath.cli.options import open_context
from goldenpath.deploy.local.git import Git
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.deploy.target import Code
from goldenpath.errors import StateError
from goldenpath.events import Tried
from goldenpath.loop.journal import Journal, read
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.patching import patch_for
from goldenpath.loop.scene import Scene
from goldenpath.loop.searching import Searching
from goldenpath.loop.trials import Trials
from goldenpath.probes.record import Recorder

WORDS = "words.py"


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


@pytest.fixture
async def scene(history: History) -> AsyncIterator[Scene]:
    context = open_context(history.folder, "")
    target = LocalTarget(context.system, history.folder, context.environment)
    yield Scene(context, target, Recorder("o"))
    await target.down()


@pytest.fixture
def narrator(history: History) -> Iterator[Narrator]:
    journal = Journal.create(history.folder / ".goldenpath" / "journal.jsonl")
    yield Narrator(journal)
    journal.close()


async def prepared(scene: Scene, good: str, bad: Code) -> tuple[str, str]:
    """Two revisions, the first proven."""
    target = scene.target
    await target.ensure()
    first = await target.prepare({}, code=Code(commit=good))
    target.mark_good(first.name)
    second = await target.prepare({}, code=bad)
    return first.name, second.name


def tried(scene: Scene) -> list[tuple[str, str]]:
    events = read(scene.project / ".goldenpath" / "journal.jsonl")
    return [(event.level, event.outcome) for event in events if isinstance(event, Tried)]


@pytest.mark.slow
async def test_beside_a_merge_and_a_commit_that_cannot_be_tried_the_piece_is_found_and_a_patch_helps(
    history: History, scene: Scene, narrator: Narrator
) -> None:
    history.replace(WORDS, "# How people", "# In which words people")
    history.commit("Say it better")
    history.git("checkout", "--quiet", "-b", "side")
    history.write("more.py", "MORE = 1\n")
    history.commit("Add more")
    history.git("checkout", "--quiet", "main")
    history.replace(WORDS, 'FAREWELL = "goodbye"', 'FAREWELL = "bye" +')
    half_done = history.commit("Leave an edit half done")
    history.replace(WORDS, '"bye" +', '"bye"')
    history.replace(WORDS, 'return "hello"', 'return "hi"')
    culprit = history.commit("Be brief")
    history.git("merge", "--quiet", "--no-edit", "side")
    history.replace("main.py", "import json\n", "import json  # for bodies\n")
    bad = history.commit("Say why")
    trials = Trials(scene, narrator, await prepared(scene, history.first, Code(commit=bad)))

    change = await Searching(scene, trials).search()

    # Nothing tells the culprit from the commit before it, which does not load; the pieces of both are told apart.
    assert {commit.name for commit in change.commits} == {culprit, half_done}
    assert (change.certain, change.files) == (False, ("src/words.py",))
    assert change.statement.endswith(": src/words.py:6")
    assert ("commit", "skip") in tried(scene)
    patch = await patch_for(scene, trials, change)
    assert patch is not None
    assert patch.verdict == "pass"
    assert '+    return "hello"' in patch.text
    assert '"bye"' not in patch.text
    assert Git(history.folder).applies(patch.text, history.folder) == ""
    live = [process for process in await scene.target.processes() if process.state == "running"]
    assert live == []


@pytest.mark.slow
async def test_a_folder_without_commits_is_searched_piece_by_piece(
    history: History, scene: Scene, narrator: Narrator
) -> None:
    folder = scene.project / ".goldenpath" / "copy"
    (folder / "src").mkdir(parents=True)
    for name in ("main.py", WORDS):
        text = (history.folder / "src" / name).read_text(encoding="utf-8")
        (folder / "src" / name).write_text(text.replace('"hello"', '"hi"').replace("# How", "# In what way"), "utf-8")
    trials = Trials(scene, narrator, await prepared(scene, history.first, Code(folder=str(folder))))
    change = await Searching(scene, trials).search()
    assert change.statement == "src/words.py:6"
    assert change.commits == ()


@pytest.mark.slow
async def test_what_fails_now_and_then_is_asked_often_enough(
    history: History, scene: Scene, narrator: Narrator
) -> None:
    history.replace(WORDS, "# How", "# In what way")
    history.commit("Say it better")
    history.replace(WORDS, "\n\ndef greeting", "from itertools import count\n\nCALLS = count()\n\n\ndef greeting")
    history.replace(WORDS, 'return "hello"', 'return "hello" if next(CALLS) % 4 else "hi"')
    culprit = history.commit("Be brief now and then")
    history.replace("main.py", "import json\n", "import json  # for bodies\n")
    bad = history.commit("Say why")
    trials = Trials(scene, narrator, await prepared(scene, history.first, Code(commit=bad)))
    change = await Searching(scene, trials).search()
    assert [commit.name for commit in change.commits] == [culprit]


async def test_what_does_well_in_a_rehearsal_is_not_blamed(history: History, scene: Scene, narrator: Narrator) -> None:
    for i in range(3):
        history.write(f"more{i}.py", "MORE = 1\n")
        history.commit(f"Add {i}")
    bad = history.git("rev-parse", "HEAD")
    trials = Trials(scene, narrator, await prepared(scene, history.first, Code(commit=bad)))
    with pytest.raises(StateError, match="does well in a rehearsal"):
        await Searching(scene, trials).search()
    assert tried(scene) == [("end", "good"), ("end", "good")]


async def test_code_that_does_not_load_is_found_without_a_start(
    history: History, scene: Scene, narrator: Narrator
) -> None:
    for i in range(4):
        history.write(f"more{i}.py", "MORE = 1\n" if i != 1 else "from words import nothing\n")
        history.commit(f"Add {i}")
    bad = history.git("rev-parse", "HEAD")
    culprit = history.git("rev-parse", "HEAD~2")
    trials = Trials(scene, narrator, await prepared(scene, history.first, Code(commit=bad)))
    change = await Searching(scene, trials).search()
    assert [commit.name for commit in change.commits] == [culprit]
    logs = scene.project / ".goldenpath" / "local" / "logs"
    assert not any(logs.rglob("web.*"))


def test_git_says_which_commits_lie_between_and_no_others(history: History) -> None:
    repository = Git(history.folder)
    (history.folder / "other.txt").write_text("beside the code")
    history.commit("Beside the code")
    history.write("more.py", "MORE = 1\n")
    second = history.commit("Add more")
    (history.folder / "other.txt").write_text("beside it again")
    last = history.commit("Beside it again")
    found = repository.between(history.first, last, ("src",))
    assert [(c.name, c.parents, c.subject) for c in found] == [
        (last, (second,), "Beside it again"),
        (second, found[1].parents, "Add more"),
    ]
    assert set(found[1].parents) <= {history.first}
    assert repository.base(history.first, last) == history.first
    with pytest.raises(StateError, match="git rev-parse"):
        repository.commit("no-such-commit")


def test_texts_are_merged_and_conflicts_are_none(history: History) -> None:
    repository = Git(history.folder)
    base = "".join(f"{i}\n" for i in range(9))
    assert repository.merged(base.replace("8", "eight"), base, base.replace("0", "zero")) == base.replace(
        "8", "eight"
    ).replace("0", "zero")
    assert repository.merged(base.replace("4", "four"), base, base.replace("4", "IV")) is None


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])
async def test_before_what_is_not_committed_the_commits_are_searched(
    history: History, scene: Scene, narrator: Narrator, committed: bool
) -> None:
    wrong = "from words import nothing\n"
    for i in range(3):
        history.write(f"more{i}.py", wrong if committed and i == 1 else "MORE = 1\n")
        history.commit(f"Add {i}")
    history.write("last.py", "MORE = 1\n" if committed else wrong)
    culprits = [history.git("rev-parse", "HEAD~1")] if committed else []
    trials = Trials(scene, narrator, await prepared(scene, history.first, Code()))
    change = await Searching(scene, trials).search()
    assert [commit.name for commit in change.commits] == culprits
    assert change.files == ("src/more1.py",) if committed else ("src/last.py",)
    assert change.certain


def test_the_command_names_the_commit_and_leaves_a_patch(history: History) -> None:
    context = open_context(history.folder, "")
    target = LocalTarget(context.system, history.folder, context.environment)
    asyncio.run(target.ensure())
    target.mark_good(asyncio.run(target.prepare({}, code=Code(commit=history.first))).name)
    history.write("more.py", "from words import nothing\n")
    culprit = history.commit("Add more")
    history.replace(WORDS, "# How", "# In what way")
    history.commit("Say it better")
    words = ["bisect", "--commit", "HEAD", "--project", str(history.folder), "--output", "json"]
    done = CliRunner().invoke(root, words)
    found = json.loads(done.stdout.splitlines()[-1])
    asyncio.run(target.down())
    assert (done.exit_code, found["verdict"], found["commits"]) == (1, "fail", [culprit])
    history.git("apply", found["patch"])
    assert not (history.folder / "src" / "more.py").exists()
