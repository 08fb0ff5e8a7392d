"""The benchmark of training beside others: what is counted is correct, and what is not correct does not count."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

from kitae.core.dialogue import Message
from kitae.core.mistakes import Mistake
from kitae.core.quiet import hush
from kitae.engine.chat import Renderer
from kitae.engine.local import load
from kitae.engine.template import PLAIN_TEMPLATE, TURNS_TEMPLATE

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "trainers"

ANSWERS = ("三日前までです。[1]", "10日です。[1]", "資料には書かれていません。", "総務部です。[2]")


@pytest.fixture(scope="module", autouse=True)
def importable() -> Iterator[None]:
    """The programs of the benchmark are no package, and import one another as a script's neighbours do."""
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))
    for name in ("job", "checks", "templates", "plain", "ours", "__main__"):
        if str(FOLDER) in str(getattr(sys.modules.get(name), "__file__", "")):
            del sys.modules[name]


def messages(answer: str) -> list[Message]:
    return [
        Message(role="system", content="資料だけをもとに短く答えます。"),
        Message(role="user", content=f"質問：{answer[:3]}は何ですか。"),
        Message(role="assistant", content=answer),
    ]


@pytest.fixture
def dialogues(tiny_base: Path) -> list[Any]:
    """Four, rendered by our renderer."""
    renderer = Renderer(tiny_base)
    rendered = [renderer.dialogue(messages(answer)) for answer in ANSWERS]
    return [import_module("job").Dialogue(each.tokens, each.learnt, []) for each in rendered]


@pytest.fixture
def loss(tiny_base: Path) -> Callable[[dict[str, torch.Tensor]], float]:
    """A model as transformers has it, with its own attention."""
    torch.set_num_threads(1)
    model = load(tiny_base, torch.float32).eval()

    @torch.no_grad()
    def of(batch: dict[str, torch.Tensor]) -> float:
        return float(model(**batch, use_cache=False).loss)

    return of


def labels(dialogue: Any) -> list[int]:
    return [token if learnt else -100 for token, learnt in zip(dialogue.tokens, dialogue.learnt, strict=True)]


def packed(dialogues: Sequence[Any], *, apart: bool = True) -> dict[str, torch.Tensor]:
    """One row of dialogues, with positions that begin anew in each, or with a mask that lets them see one another."""
    ids = torch.tensor([[token for each in dialogues for token in each.tokens]])
    places = torch.tensor([[place for each in dialogues for place in range(len(each.tokens))]])
    learnt = torch.tensor([[label for each in dialogues for label in labels(each)]])
    beside = {"position_ids": places} if apart else {"attention_mask": torch.ones_like(ids)}
    return {"input_ids": ids, "labels": learnt} | beside


def faults(*arguments: Any) -> list[str]:
    found: list[str] = import_module("checks").faults(*arguments)
    return found


def test_a_packed_row_whose_dialogues_are_apart_is_correct(dialogues: list[Any], loss: Any) -> None:
    assert faults([packed(dialogues)], dialogues, loss) == []


def test_a_dialogue_that_sees_its_neighbours_is_found(dialogues: list[Any], loss: Any) -> None:
    (fault,) = faults([packed(dialogues, apart=False)], dialogues, loss)
    assert "sees its neighbours" in fault


def test_padded_batches_are_correct(dialogues: list[Any], loss: Any) -> None:
    plain = import_module("plain")
    assert faults([plain.padded(dialogues[:3]), plain.padded(dialogues[3:])], dialogues, loss) == []


def test_what_the_user_says_must_not_be_learnt(dialogues: list[Any], loss: Any) -> None:
    batch = packed(dialogues)
    batch["labels"][0, 3] = batch["input_ids"][0, 3]
    targets = sum(each.targets for each in dialogues)
    (fault,) = faults([batch], dialogues, loss)
    assert fault == f"{targets + 1} tokens are learnt where the assistant says {targets}; 1 dialogues have other labels"


def test_a_target_must_not_be_traded_for_another(dialogues: list[Any], loss: Any) -> None:
    batch = packed(dialogues)
    batch["labels"][0, 3] = batch["input_ids"][0, 3]
    batch["labels"][0, len(dialogues[0].tokens) - 2] = -100
    (fault,) = faults([batch], dialogues, loss)
    assert "1 dialogues have other labels" in fault


def test_a_row_that_cuts_a_dialogue_is_found(dialogues: list[Any], loss: Any) -> None:
    batch = {name: each[:, :-3] for name, each in packed(dialogues).items()}
    assert faults([batch], dialogues, loss) == ["a row is not made of whole dialogues"]


def test_a_dialogue_that_is_left_out_is_found(dialogues: list[Any], loss: Any) -> None:
    (fault,) = faults([packed(dialogues[1:])], dialogues, loss)
    assert fault == "1 of 4 dialogues were not learnt, 0 too often"


@pytest.mark.parametrize("template", [TURNS_TEMPLATE, PLAIN_TEMPLATE], ids=["turns", "plain"])
def test_a_marked_template_gives_our_tokens_and_our_mask(template: str, tiny_base: Path, tmp_path: Path) -> None:
    """So TRL, which renders messages by itself, learns what we do."""
    hush()
    from transformers import AutoTokenizer

    folder = shutil.copytree(tiny_base, tmp_path / "model")
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    tokenizer, renderer = AutoTokenizer.from_pretrained(str(folder)), Renderer(folder)
    for answer in ANSWERS:
        found = tokenizer.apply_chat_template(
            [each.model_dump() for each in messages(answer)],
            chat_template=import_module("templates").marked(template),
            tokenize=True,
            return_dict=True,
            return_assistant_tokens_mask=True,
        )
        ours = renderer.dialogue(messages(answer))
        assert found["input_ids"] == ours.tokens
        assert [bool(each) for each in found["assistant_masks"]] == ours.learnt


def test_a_template_of_the_models_own_without_marks_is_refused() -> None:
    with pytest.raises(Mistake, match=r"without \{% generation %\} marks"):
        import_module("templates").marked("{{ messages[0]['content'] }}")


def told(**changes: Any) -> Any:
    values = {
        "tokens": 1000,
        "computed": 1200,
        "targets": 20,
        "seconds": 2.0,
        "steps": 2,
        "all_targets": 30,
        "peak_bytes": 2_000_000_000,
        "not_correct": [],
        "versions": {},
    }
    return import_module("job").Told.read(json.dumps(values | changes))


def outcome(main: Any, name: str, **changes: Any) -> Any:
    return main.Outcome(name, import_module("job").Setting("bfloat16"), told(**changes))


@pytest.fixture
def main() -> Any:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("trainers_main", FOLDER / "__main__.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["trainers_main"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_a_way_that_is_not_correct_does_not_count_however_fast(main: Any) -> None:
    slow, leaking = outcome(main, "TRL"), outcome(main, "TRL", seconds=0.1, not_correct=["it leaks"])
    assert main.best([leaking, slow], "TRL") is slow
    assert main.row(leaking)["not_correct"] == "it leaks"
    assert "seconds" not in main.row(leaking)
    assert "not correct: it leaks" in main.line(leaking)


def test_a_way_that_fails_is_told_and_does_not_count(main: Any) -> None:
    failed = main.Outcome("TRL", import_module("job").Setting("float32"), None, "ended by signal 9, out of memory?")
    assert main.best([failed], "TRL") is None
    assert main.row(failed)["not_correct"] == "ended by signal 9, out of memory?"


def test_the_first_step_is_not_timed() -> None:
    job = import_module("job")
    tally = job.Tally()
    for number, end in enumerate((5.0, 6.0, 8.0), start=1):
        tally.add(tokens=10 * number, computed=12 * number, targets=number)
        tally.end_of_step()
        tally.ends[-1] = end
    found = job.Told.of(tally, 1, [], [])
    assert (found.tokens, found.computed, found.targets, found.seconds, found.steps) == (50, 60, 5, 3.0, 2)
    assert found.all_targets == 6


def test_a_single_step_cannot_be_timed() -> None:
    job = import_module("job")
    tally = job.Tally()
    tally.end_of_step()
    with pytest.raises(ValueError, match="nothing to time"):
        job.Told.of(tally, 1, [], [])


def test_ours_learns_each_dialogue_whole(dialogues: list[Any], tiny_base: Path, main: Any) -> None:
    job, ours = import_module("job"), import_module("ours")
    work = job.Job(
        model=str(tiny_base),
        template="",
        method="lora",
        rank=4,
        alpha=8.0,
        learning_rate=1e-3,
        betas=(0.9, 0.95),
        sequence=64,
        batch_tokens=64,
        steps=2,
        threads=1,
        dialogues=dialogues,
    )
    setting = job.Setting("float32", row=64, epochs=3)
    found = ours.main(work, setting)
    assert found.not_correct == []
    assert found.all_targets == 3 * sum(each.targets for each in dialogues)
    assert 0 < found.computed <= found.tokens
    fewer = dataclasses.replace(work, dialogues=dialogues[:2])
    assert ours.faults(job.Tally(), fewer, setting) != []


def test_peers_have_the_versions_that_we_have() -> None:
    """Else the comparison would be of two releases of torch."""

    def pins(name: str) -> dict[str, str]:
        text = (ROOT / "constraints" / name).read_text(encoding="utf-8")
        return dict(re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE))

    ours, peers = pins("cpu.txt"), pins("peers-train.txt")
    assert {"torch", "transformers", "trl", "peft", "accelerate"} <= set(peers)
    assert {name: peers[name] for name in ours.keys() & peers.keys()} == {
        name: ours[name] for name in ours.keys() & peers.keys()
    }
