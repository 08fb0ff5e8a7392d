from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from kitae.core.artifact import Artifact
from kitae.core.making import Given, Making
from kitae.core.mistakes import Mistake
from kitae.core.noun import Noun
from kitae.core.records import Records
from kitae.core.run import Run, Silent
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.engine.chat import Renderer
from kitae.train import stage
from kitae.train.checks import ELSEWHERE
from kitae.train.guard import Allowance
from kitae.train.recipe import Course, PreferRecipe, PretrainRecipe, TuneRecipe
from kitae.train.stage import PREFER, PRETRAIN, TUNE, from_a_gpu

from .conftest import dialogue, make_dialogues

TEXTS = [f"第{number}条　従業員は、休暇を取る日の{number}日前までに届け出る。" * 3 for number in range(1, 30)]
PRETRAINING = PretrainRecipe(tokens=1500, sequence=64, batch_tokens=256, learning_rate=2e-3)
TUNING = TuneRecipe(sequence=128, batch_tokens=256, epochs=2, learning_rate=2e-3)


class Nothing(Noun):
    pass


def adopt(recipe: Nothing, folder: Path, run: Run) -> Artifact:
    for file in folder.iterdir():
        run.path(file.name).write_bytes(file.read_bytes())
    run.path("LICENSE").write_text("own", encoding="utf-8")
    run.facts(base="tiny", licence="own", vocabulary=1, parameters=2, something="else")
    return run.seal()


class Rows(Noun):
    name: str
    rows: tuple[Any, ...]
    held_out: tuple[Any, ...] = ()


def write_rows(recipe: Rows, run: Run) -> Artifact:
    run.write(recipe.name, recipe.rows)
    if recipe.held_out:
        run.write("held_out", recipe.held_out)
    return run.seal()


ADOPT = Stage(name="adopt", kind="model", function=adopt, format=1)
CORPUS = Stage(name="corpus", kind="corpus", function=write_rows, format=1)
DIALOGUES = Stage(name="instruct", kind="dialogues", function=write_rows, format=1)


@pytest.fixture
def make(tmp_path: Path) -> Making:
    return Making(Store(tmp_path / "store"), Records(tmp_path / "records"))


def base(make: Making, folder: Path) -> Artifact:
    return make(ADOPT, "base", Nothing(), given=lambda: {"folder": folder})


def dialogues(make: Making, made: list[Any], held_out: list[Any] | None = None) -> Artifact:
    return make(DIALOGUES, "main", Rows(name="dialogues", rows=tuple(made), held_out=tuple(held_out or ())))


def general(make: Making) -> Artifact:
    texts = tuple({"id": f"g{number}", "text": f"隣町の図書館は{number}時に開く。" * 2} for number in range(9))
    return make(CORPUS, "general", Rows(name="corpus", rows=texts, held_out=texts[:2]))


@pytest.fixture
def model(make: Making, tiny_base: Path) -> Artifact:
    return base(make, tiny_base)


@pytest.fixture
def corpus(make: Making) -> Artifact:
    texts = tuple({"id": str(number), "text": text} for number, text in enumerate(TEXTS))
    return make(CORPUS, "main", Rows(name="corpus", rows=texts, held_out=texts[:3]))


def test_pretraining_makes_a_model_folder_that_predicts_the_corpus_better(
    make: Making, model: Artifact, corpus: Artifact
) -> None:
    trained = make(PRETRAIN, "pretrained", PRETRAINING, {"model": model, "corpus": corpus, "general": general(make)})
    facts = trained.facts
    assert trained.kind == "model"
    assert facts["trained_tokens"] >= 1500
    assert facts["held_out_loss_after"] < facts["held_out_loss_before"] - 0.5
    assert facts["general_loss_after"] < facts["general_loss_before"], "a tenth of what is learnt is general"
    assert facts["number_format"] == trained.record.identity["number_format"]
    assert (facts["base"], facts["licence"]) == ("tiny", "own")
    assert "something" not in facts
    curve = list(trained.raw("curve"))
    assert [row["step"] for row in curve] == list(range(facts["steps"] + 1))
    assert curve[-1]["loss"] == facts["final_loss"]
    assert {"LICENSE", "tokenizer.json", "tokenizer_config.json", "config.json", "model.safetensors"} <= set(
        trained.record.files
    )
    assert not (trained.folder / "work").exists()
    loaded = AutoModelForCausalLM.from_pretrained(trained.folder)
    assert {str(each.dtype) for each in loaded.parameters()} == {"torch.float32"}
    assert trained.measured["tokens_per_second"] > 0


def test_tuning_teaches_what_the_assistant_says_and_when_it_stops(make: Making, model: Artifact) -> None:
    made = make_dialogues(30)
    using: dict[str, Given] = {"model": model, "dialogues": [dialogues(make, made, made[:5])]}
    tuned = make(TUNE, "tuned", TUNING, using)
    facts = tuned.facts
    renderer = Renderer(model.folder)
    learnt = sum(sum(renderer.dialogue(each.messages).learnt) for each in made)
    assert facts["targets"] == 2 * learnt
    assert facts["epochs"] == 2
    assert facts["trainable_parameters"] < 100_000
    assert facts["held_out_loss_after"] < facts["held_out_loss_before"] - 0.5
    settings = json.loads(tuned.path("generation_config.json").read_text(encoding="utf-8"))
    assert settings["eos_token_id"] == list(renderer.stop_ids)
    messages = [message.model_dump() for message in made[0].messages]
    tokenizer = AutoTokenizer.from_pretrained(tuned.folder)
    assert tokenizer.apply_chat_template(messages)["input_ids"] == renderer.dialogue(made[0].messages).tokens


@pytest.mark.parametrize("key", sorted(ELSEWHERE))
def test_keys_that_the_preflight_does_not_see_read_change_what_is_made(
    key: str, make: Making, model: Artifact, corpus: Artifact
) -> None:
    value, fact = {
        "held_out_tokens": (60, "held_out_examples"),
        "share": (0.5, "examples"),
        "replay": (0.5, "examples"),
        "epochs": (1, "steps"),
    }[key]
    recipe: Course = PRETRAINING if key == "replay" else TUNING
    using: dict[str, Given] = {"model": model}
    if key == "replay":
        using |= {"corpus": corpus, "general": general(make)}
    else:
        using |= {"dialogues": [dialogues(make, make_dialogues(12), make_dialogues(5))]}
    changed = recipe.model_copy(update={key: value})
    one, other = (make(PRETRAIN if key == "replay" else TUNE, "made", each, using) for each in (recipe, changed))
    assert one.facts[fact] != other.facts[fact]


class Told(Silent):
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, message: str) -> None:
        self.said.append(message)


def test_the_figures_of_a_long_course_are_said_and_kept(make: Making, model: Artifact) -> None:
    told = make.watcher = Told()
    using: dict[str, Given] = {"model": model, "dialogues": [dialogues(make, make_dialogues(8))]}
    tuned = make(TUNE, "tuned", TUNING, using, given=lambda: {"allowed": Allowance(check_from=0)})
    assert any(line.startswith("  pass  as a plain loop") for line in told.said)
    assert any("checks passed; " in line and "tokens a second" in line for line in told.said)
    assert "apart" in tuned.measured["preflight: as a plain loop"]


def test_the_same_inputs_make_the_same_content(tiny_base: Path, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        make = Making(Store(tmp_path / name / "store"), Records(tmp_path / name / "records"))
        using: dict[str, Given] = {"model": base(make, tiny_base), "dialogues": [dialogues(make, make_dialogues(8))]}
        made.append(make(TUNE, "tuned", TUNING, using))
    assert made[0].content == made[1].content
    assert made[0].record.files == made[1].record.files


def test_curves_for_tensorboard_are_refused_where_it_is_not_installed(
    make: Making, model: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitae.train.board.importlib.util.find_spec", lambda _: None)
    using: dict[str, Given] = {"model": model, "dialogues": [dialogues(make, make_dialogues(8))]}
    with pytest.raises(Mistake, match="TensorBoard"):
        make(TUNE, "tuned", TUNING, using, given=lambda: {"allowed": Allowance(board=tmp_path)})


def test_a_tuned_model_can_be_tuned_again(make: Making, model: Artifact) -> None:
    using: dict[str, Given] = {"model": model, "dialogues": [dialogues(make, make_dialogues(8))]}
    once = make(TUNE, "once", TUNING, using)
    twice = make(TUNE, "twice", TUNING, using | {"model": once})
    first, second = (list(each.raw("curve"))[1]["loss"] for each in (once, twice))
    assert second < first - 0.5


def test_dialogues_that_are_too_long_are_named_in_the_facts(make: Making, model: Artifact) -> None:
    made = [*make_dialogues(4), dialogue("long", ("user", "長い" * 200), ("assistant", "はい。"))]
    tuned = make(TUNE, "tuned", TUNING, {"model": model, "dialogues": [dialogues(make, made)]})
    assert tuned.facts["too_long"] == ["long"]
    assert tuned.facts["examples"] == 4


def test_no_token_to_train_on_is_a_mistake(make: Making, model: Artifact, corpus: Artifact) -> None:
    with pytest.raises(Mistake, match="0 tokens"):
        make(PRETRAIN, "none", PretrainRecipe(tokens=0), {"model": model, "corpus": corpus, "general": general(make)})
    empty = make(CORPUS, "empty", Rows(name="corpus", rows=()))
    with pytest.raises(Mistake, match="no token to learn"):
        make(PRETRAIN, "none", PRETRAINING, {"model": model, "corpus": empty, "general": general(make)})


def test_no_pair_to_learn_from_says_how_to_get_some(make: Making, model: Artifact) -> None:
    turn = {"role": "user", "content": "休暇は何日ですか。"}
    pair = {"id": "p", "messages": [turn], "better": "10日", "worse": "5日", "kind": "wrong", "label": "public"}
    none_left = make(DIALOGUES, "pairs", Rows(name="pairs", rows=(), held_out=(pair,)))
    with pytest.raises(Mistake, match="there is no pair to learn; 1 are held out") as raised:
        make(PREFER, "preferred", PreferRecipe(), {"model": model, "pairs": none_left})
    assert "`questions` in [pairs]" in raised.value.hint


def test_bfloat16_is_used_where_the_processor_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for flags, expected in (("fpu avx512_bf16 sse", True), ("fpu amx_bf16", True), ("fpu avx512f", False)):
        file = tmp_path / "cpuinfo"
        file.write_text(f"flags\t\t: {flags}\n", encoding="utf-8")
        monkeypatch.setattr(stage, "CPU_FLAGS", file)
        assert stage._fast_bfloat16() is expected
    monkeypatch.setattr(stage, "CPU_FLAGS", tmp_path / "missing")
    assert stage._fast_bfloat16() is False


def test_asking_for_the_place_does_not_import_torch() -> None:
    code = (
        "import sys; from kitae.train.stage import place, TUNE; place(); TUNE.identity(); print('torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    if not any(Path("/dev").glob("nvidia[0-9]*")):
        assert found.stdout.strip() == "False"


def test_a_machine_without_a_gpu_takes_what_one_with_a_gpu_trained_and_not_the_other_way_round() -> None:
    cpu, gpu = ({"device": device, "number_format": "bfloat16"} for device in ("cpu", "cuda"))
    assert PRETRAIN.takes is TUNE.takes is from_a_gpu
    assert from_a_gpu(gpu, cpu)
    assert not from_a_gpu(cpu, gpu)
    assert not from_a_gpu(cpu, cpu | {"number_format": "float32"})
    assert not from_a_gpu(gpu, gpu)
