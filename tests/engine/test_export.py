"""`kitae export`: what other programs get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from kitae.commands import export
from kitae.core.artifact import Artifact, FileSeal
from kitae.core.files import file_digest
from kitae.core.mistakes import Mistake
from kitae.engine.chat import Renderer
from kitae.engine.conversion import convert_folder
from kitae.engine.export import export_model
from kitae.engine.sentencepiece import added_tokens, sentencepiece_model
from kitae.project import Project

from .test_sentencepiece import like_gemma


@pytest.mark.parametrize("name", ["model/tuned", "model/trimmed"])
def test_transformers_loads_what_was_exported(walked_once: Path, tmp_path: Path, name: str) -> None:
    project = Project(walked_once)
    model = export(project, name, tmp_path / "out")
    exported, sealed = (AutoModelForCausalLM.from_pretrained(each) for each in (tmp_path / "out", model.folder))
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    ids = tokenizer("休暇は3日前までに届け出る。", return_tensors="pt").input_ids
    with torch.no_grad():
        assert torch.equal(exported(ids).logits, sealed(ids).logits)
    assert bool(tokenizer.chat_template) is (name == "model/tuned")
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert {"README.md", "config.json", "generation_config.json", "tokenizer.json"} <= names
    assert not names & {"run.json", "measured.json", "curve.jsonl", "adapter"}


def test_ctranslate2_converts_what_was_exported(walked_once: Path, tmp_path: Path) -> None:
    """It compares the two, and refuses a conversion that does not agree."""
    export(Project(walked_once), "model/tuned", tmp_path / "out")
    difference = convert_folder(tmp_path / "out", tmp_path / "ct2", "float32", Renderer(tmp_path / "out"))
    assert difference < 0.005


def test_an_adapter_on_its_base_is_the_model(walked_once: Path, tmp_path: Path) -> None:
    project = Project(walked_once)
    export(project, "model/tuned", tmp_path / "adapter", adapter=True)
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    base = config["base_model_name_or_path"]
    assert base == project.store.named("model/pretrained").id
    export(project, base, tmp_path / "base")
    weights = AutoModelForCausalLM.from_pretrained(tmp_path / "base").state_dict()
    adapter = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    for module in config["target_modules"]:
        down, up = (adapter[f"base_model.model.{module}.lora_{half}.weight"] for half in "AB")
        weights[f"{module}.weight"] = weights[f"{module}.weight"] + config["lora_alpha"] / config["r"] * up @ down
    merged = AutoModelForCausalLM.from_pretrained(project.store.named("model/tuned").folder).state_dict()
    for name, weight in merged.items():
        torch.testing.assert_close(weights[name], weight, msg=name)
    names = {file.name for file in (tmp_path / "adapter").iterdir()}
    assert "tokenizer.json" in names and "chat_template.jinja" in names
    assert not names & {"model.safetensors", "config.json"}
    assert str(walked_once) not in (tmp_path / "adapter" / "adapter_config.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "what"), [("model/pretrained", "with all weights"), ("model/trimmed", "by no course")]
)
def test_what_has_no_adapter_is_refused(walked_once: Path, tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(Mistake, match=what) as caught:
        export(Project(walked_once), name, tmp_path / "out", adapter=True)
    assert "--adapter" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("model/tunde", "no artifact"),
        ("corpus/main", "is no model"),
        ("model/tuned-int8", "CTranslate2"),
        ("model/tuned@9", "no `model/tuned@9`"),
    ],
)
def test_what_is_no_model_of_this_form_is_refused(walked_once: Path, tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(Mistake, match=what):
        export(Project(walked_once), name, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_as_it_is(walked_once: Path, tmp_path: Path) -> None:
    project = Project(walked_once)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    for target in (tmp_path / "full", tmp_path / "full" / "mine.txt"):
        with pytest.raises(Mistake, match="something already"):
            export(project, "model/tuned", target)
    assert [file.name for file in (tmp_path / "full").iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    export(project, "model/tuned", tmp_path / "empty")
    assert (tmp_path / "empty" / "model.safetensors").is_file()


def test_nothing_is_exported_into_the_store(walked: Path) -> None:
    with pytest.raises(Mistake, match="inside the store"):
        export(Project(walked), "model/tuned", walked / "store" / "model" / "mine")


def test_an_edited_model_is_not_handed_on(walked: Path, tmp_path: Path) -> None:
    project = Project(walked)
    file = project.store.named("model/tuned").path("generation_config.json")
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(Mistake, match=r"edited.*generation_config"):
        export(project, "model/tuned", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_copy_that_breaks_off_leaves_nothing(
    walked_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitae.engine.export.file_digest", lambda path: "something else")
    with pytest.raises(Mistake, match="copy differs"):
        export_model(Project(walked_once).store.named("model/tuned"), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def resealed(model: Artifact, *more: str) -> Artifact:
    """The model as it lies there now, with these files too."""
    files = {
        name: FileSeal(sha256=file_digest(model.path(name)), size=model.path(name).stat().st_size)
        for name in (*model.record.files, *more)
    }
    record = model.record.model_copy(update={"files": files})
    return Artifact(model.folder, record.model_copy(update={"seal": record.sealed_form()}))


def test_the_converter_of_llama_cpp_finds_the_tokenizer_as_it_reads_it(walked: Path, tmp_path: Path) -> None:
    model = Project(walked).store.named("model/tuned")
    file = model.path("tokenizer.json")
    file.write_text(json.dumps(like_gemma(json.loads(file.read_text(encoding="utf-8")))), encoding="utf-8")
    export_model(resealed(model), tmp_path / "out")
    assert (tmp_path / "out" / "tokenizer.model").read_bytes() == sentencepiece_model(model.folder)
    told = json.loads((tmp_path / "out" / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert told["added_tokens_decoder"] == added_tokens(model.folder)
    exported, own = (AutoTokenizer.from_pretrained(each) for each in (tmp_path / "out", model.folder))
    for text in ("休暇は3日前までに。\n\n  二つ<end_of_turn>", "<bos>A<0x41>", "<start_of_turn>user\n何日？"):
        assert exported(text).input_ids == own(text).input_ids, "for others nothing changes"


def test_the_bases_own_card_and_licence_come_along(walked: Path, tmp_path: Path) -> None:
    project = Project(walked)
    model = project.store.named("model/tuned")
    for name in ("README.md", "LICENSE", "NOTICE"):
        model.path(name).write_text(f"the base's {name}", encoding="utf-8")
    model = resealed(model, "README.md", "LICENSE", "NOTICE")
    more = {"README.md": "ours", "NOTICE": "ours", "EMPTY": ""}
    export_model(model, tmp_path / "out", beside=lambda: more)
    texts = {
        file.name: file.read_text(encoding="utf-8")
        for file in (tmp_path / "out").iterdir()
        if file.suffix != ".safetensors"
    }
    assert texts["README.md"] == "ours"
    assert texts["README.base.md"] == "the base's README.md"
    assert texts["LICENSE"] == "the base's LICENSE"
    assert texts["NOTICE"] == "the base's NOTICE"
    assert "EMPTY" not in texts
