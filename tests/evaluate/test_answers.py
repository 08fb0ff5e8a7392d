import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kitae.core.dialogue import Message
from kitae.core.generation import Decoding, Identity
from kitae.core.mistakes import Mistake
from kitae.core.records import Records
from kitae.evaluate.answers import BATCH, Asked, Model, answer_key, answers, model_of

GREEDY = Decoding()


def asked(text: str, version: str = "v1") -> Asked:
    return Asked(messages=(Message(role="user", content=text),), version=version)


def many(count: int) -> list[Asked]:
    return [asked(f"{'長' * (number % 7)}質問{number}") for number in range(count)]


def model(speaker: Any) -> Model:
    return Model(speaker.identity, lambda: speaker)


def test_answers_come_in_the_order_of_the_prompts(tmp_path: Path, speaker: Callable[..., Any]) -> None:
    one = speaker()
    prompts = [asked("電車代は月いくらまでですか。"), asked("長い前置き。祖父が亡くなると何日休めますか。")]
    found = answers(prompts, model(one), GREEDY, Records(tmp_path))
    assert [answer.text for answer in found] == ["45,000円です。[1]", "2日です。[1]"]


def test_a_second_time_nothing_is_generated_and_nothing_loaded(tmp_path: Path, speaker: Callable[..., Any]) -> None:
    first = answers(many(5), model(speaker()), GREEDY, Records(tmp_path))

    def load() -> Any:
        raise AssertionError("loaded")

    again = answers(many(5), Model(speaker().identity, load), GREEDY, Records(tmp_path))
    assert again == first


def test_a_killed_evaluation_goes_on_with_the_same_batches(tmp_path: Path, speaker: Callable[..., Any]) -> None:
    prompts = many(3 * BATCH + 5)
    whole = speaker()
    answers(prompts, model(whole), GREEDY, Records(tmp_path / "whole"))
    killed, resumed = speaker(dies_after=2), speaker()
    with pytest.raises(KeyboardInterrupt):
        answers(prompts, model(killed), GREEDY, Records(tmp_path / "killed"))
    advanced: list[int] = []
    answers(prompts, model(resumed), GREEDY, Records(tmp_path / "killed"), advanced.append)
    assert killed.prompts + resumed.prompts == whole.prompts
    assert advanced == [2 * BATCH, BATCH, 5]


def test_the_order_of_the_questions_does_not_change_the_batches(tmp_path: Path, speaker: Callable[..., Any]) -> None:
    one, two = speaker(), speaker()
    answers(many(40), model(one), GREEDY, Records(tmp_path / "one"))
    answers(many(40)[::-1], model(two), GREEDY, Records(tmp_path / "two"))
    assert one.prompts == two.prompts
    lengths = [len(prompt[0].content) for prompt in one.prompts]
    assert lengths == sorted(lengths)


def test_of_a_batch_that_was_recorded_in_part_only_the_rest_is_generated(
    tmp_path: Path, speaker: Callable[..., Any]
) -> None:
    class Dying(Records):
        left = 3

        def add(self, kind: str, key: str, row: dict[str, Any]) -> None:
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            super().add(kind, key, row)

    prompts = many(8)
    with pytest.raises(KeyboardInterrupt):
        answers(prompts, model(speaker(seconds=1.0)), GREEDY, Dying(tmp_path))
    again = speaker(seconds=2.0)
    found = answers(prompts, model(again), GREEDY, Records(tmp_path))
    assert len(again.prompts) == 5
    assert sorted(answer.seconds for answer in found) == [1.0] * 3 + [2.0] * 5


def test_a_killed_process_loses_no_recorded_answer(tmp_path: Path) -> None:
    code = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from conftest import Speaker
from kitae.core.dialogue import Message
from kitae.core.generation import Decoding
from kitae.core.records import Records
from kitae.evaluate.answers import Asked, Model, answers
class Killed(Speaker):
    def generate(self, prompts, decoding, *, done=None):
        if self.batches == 1:
            os.kill(os.getpid(), 9)
        return super().generate(prompts, decoding, done=done)
one = Killed({{}})
asked = [Asked(messages=(Message(role="user", content=f"質問{{n:03}}"),), version="v") for n in range({BATCH + 8})]
answers(asked, Model(one.identity, lambda: one), Decoding(), Records(Path({str(tmp_path)!r})))
"""
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    records = Records(tmp_path)
    assert len(list(records.all("answers"))) == BATCH
    assert records.damaged() == []


def test_what_an_answer_depends_on_is_in_its_key() -> None:
    identity = Identity(model="m", engine="e", number_format="int8")
    base = answer_key(identity, GREEDY, asked("質問"))
    assert base == answer_key(identity, GREEDY, asked("質問"))
    others = [
        answer_key(identity.model_copy(update={"model": "n"}), GREEDY, asked("質問")),
        answer_key(identity.model_copy(update={"engine": "f"}), GREEDY, asked("質問")),
        answer_key(identity.model_copy(update={"number_format": "float32"}), GREEDY, asked("質問")),
        answer_key(identity, Decoding(max_tokens=5), asked("質問")),
        answer_key(identity, GREEDY, asked("質問2")),
        answer_key(identity, GREEDY, asked("質問", version="v2")),
        answer_key(identity, GREEDY, Asked(asked("質問").messages, "v1", sample=1)),
    ]
    assert len({base, *others}) == len(others) + 1


def test_a_question_that_stands_in_two_suites_is_answered_once(tmp_path: Path, speaker: Callable[..., Any]) -> None:
    one = speaker()
    advanced: list[int] = []
    found = answers([asked("質問"), asked("質問")], model(one), GREEDY, Records(tmp_path), advanced.append)
    assert len(one.prompts) == 1
    assert found[0] == found[1]
    assert sum(advanced) == 2


def test_a_model_that_is_not_the_announced_one_is_a_mistake(tmp_path: Path, speaker: Callable[..., Any]) -> None:
    announced = speaker(engine="other 2").identity
    with pytest.raises(Mistake, match="not the one"):
        answers(many(1), model_of(speaker, announced), GREEDY, Records(tmp_path))


def test_without_an_announced_identity_the_model_is_loaded_once(speaker: Callable[..., Any]) -> None:
    loaded: list[Any] = []

    def load() -> Any:
        loaded.append(speaker())
        return loaded[-1]

    found = model_of(load)
    assert found.loaded() is found.loaded() is loaded[0]
    assert len(loaded) == 1
