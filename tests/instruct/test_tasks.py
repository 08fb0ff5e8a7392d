from __future__ import annotations

from pathlib import Path

import pytest

from kitae.core.dialogue import Dialogue
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.mistakes import Mistake
from kitae.core.records import Records
from kitae.core.store import Store
from kitae.core.task import TaskRecipe, task_files
from kitae.evaluate.stage import TASK_SUITE
from kitae.evaluate.suites import suite_in
from kitae.instruct.tasks import TASK

RECIPE = TaskRecipe(
    name="tickets", file="t.csv", instruction="担当の課を答えます。", label=Label.CONFIDENTIAL, groups=("desk",)
)


@pytest.fixture
def make(tmp_path: Path, pairs: str) -> Making:
    (tmp_path / "t.csv").write_text(pairs, encoding="utf-8")
    return Making(Store(tmp_path / "store"), Records(tmp_path / "records"))


def test_what_is_learnt_and_what_is_tested_are_two_things(make: Making, tmp_path: Path) -> None:
    files = task_files(RECIPE, tmp_path)
    dialogues = make(TASK, "task-tickets", RECIPE, files=files, given=lambda: {"folder": tmp_path})
    suite = suite_in(make(TASK_SUITE, "tickets", RECIPE, files=files, given=lambda: {"folder": tmp_path}))
    learnt = list(dialogues.rows("dialogues", Dialogue))
    assert not {each.question for each in learnt} & {each.question for each in suite.questions}
    assert len(learnt) == dialogues.facts["dialogues"]
    assert suite.instruction == RECIPE.instruction
    assert all(each.repeat == 3 and each.messages[0].content == RECIPE.instruction for each in learnt)
    assert (dialogues.label, dialogues.groups) == (Label.CONFIDENTIAL, ("desk",))


def test_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="pairs of a task are missing"):
        task_files(RECIPE, tmp_path)
