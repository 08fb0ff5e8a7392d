"""What every local engine promises, on a tiny model: transformers, CTranslate2 in float32, CTranslate2 in int8."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from kitae.core.artifact import Artifact
from kitae.core.dialogue import Message
from kitae.core.generation import Decoding, Generator, Identity
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.mistakes import Mistake
from kitae.core.noun import Noun
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.engine import conversion
from kitae.engine.batched import Batched, Limits, Logits, by_length
from kitae.engine.chat import Renderer
from kitae.engine.convert import STAGE as CONVERT
from kitae.engine.convert import ConvertRecipe
from kitae.engine.ct2 import CTranslate2Generator
from kitae.engine.local import TransformersGenerator, load
from kitae.engine.open import hf_folder, open_generator, tokenizer_folder
from kitae.engine.tiny import make_tiny

WINDOW = 64
GREEDY = Decoding(max_tokens=12)
KINDS = ("transformers float32", "ctranslate2 float32", "ctranslate2 int8")


class Nothing(Noun):
    pass


def _roughened(folder: Path, seed: int = 0) -> Path:
    """The tiny model with larger weights, so that what it prefers is clear and depends on what it reads."""
    make_tiny(folder)
    generator = torch.Generator().manual_seed(seed)
    weights = load_file(folder / "model.safetensors")
    for name, weight in weights.items():
        scale = 0.1 if "norm" in name else 0.03 if "embed" in name else 0.5
        weights[name] = torch.randn(weight.shape, generator=generator) * scale
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def rough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _roughened(tmp_path_factory.mktemp("rough"))


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Making:
    folder = tmp_path_factory.mktemp("project")
    return Making(Store(folder / "store"), Records(folder / "records"))


def _sealed(make: Making, source: Path, name: str = "base") -> Artifact:
    def adopt(recipe: Nothing, run: Run) -> Artifact:
        run.label(Label.INTERNAL, ["hr"], ["own"])
        shutil.copytree(source, run.folder, dirs_exist_ok=True)
        run.facts(engine="transformers", number_format="float32", parameters=1)
        return run.seal()

    return make(Stage(name="adopt", kind="model", function=adopt, format=1), name, Nothing())


@pytest.fixture(scope="module")
def model(make: Making, rough: Path) -> Artifact:
    return _sealed(make, rough)


@pytest.fixture(scope="module")
def models(make: Making, model: Artifact) -> dict[str, Artifact]:
    exact = make(CONVERT, "base-float32", ConvertRecipe(number_format="float32"), {"model": model})
    return dict(zip(KINDS, (model, exact, make(CONVERT, "base-int8", ConvertRecipe(), {"model": model})), strict=True))


@pytest.fixture(scope="module")
def engines(models: dict[str, Artifact]) -> dict[str, Batched]:
    opened = {kind: open_generator(model, device="cpu", cores=1) for kind, model in models.items()}
    return {kind: engine for kind, engine in opened.items() if isinstance(engine, Batched)}


def ask(content: str) -> list[Message]:
    return [Message(role="user", content=content)]


SHORT = [
    ask("休暇は何日前までに届け出ますか。"),
    ask("日当"),
    ask("How many days?"),
    ask("パスワードは何日ごとですか。"),
    ask("鱻"),
]
LONG = [ask("".join(f"{n}番の棚に青い箱が{n * 7}個。" for n in range(count))) for count in (9, 25, 14)]
"""Far beyond the attention window of 64 tokens."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prompts", [SHORT, LONG, SHORT + LONG], ids=["short", "long", "mixed"])
def test_answers_stand_in_order_and_do_not_depend_on_the_batch(
    engines: dict[str, Batched], kind: str, prompts: list[list[Message]]
) -> None:
    engine = engines[kind]
    together = [answer.text for answer in engine.generate(prompts, GREEDY)]
    alone = [engine.generate([prompt], GREEDY)[0].text for prompt in prompts]
    assert together == alone
    assert len(set(together)) > 1
    assert [answer.text for answer in engine.generate(prompts[::-1], GREEDY)] == alone[::-1]


@pytest.mark.parametrize("prompts", [SHORT, LONG, SHORT + LONG], ids=["short", "long", "mixed"])
def test_ctranslate2_in_float32_says_what_transformers_says(
    engines: dict[str, Batched], prompts: list[list[Message]]
) -> None:
    reference = engines["transformers float32"]
    assert min(len(reference.renderer.prompt(prompt)) for prompt in LONG) > WINDOW
    decoding = Decoding(max_tokens=30)
    expected = [answer.text for answer in reference.generate(prompts, decoding)]
    assert [answer.text for answer in engines["ctranslate2 float32"].generate(prompts, decoding)] == expected


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_ends_at_a_stop_token_that_is_no_part_of_it(
    engines: dict[str, Batched], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engines[kind]
    prompt = engine.renderer.prompt(SHORT[0])
    said = engine._continue([prompt], GREEDY)[0]
    stop = next(token for token in said[2:] if token not in said[:2])  # whatever it says third ends it from now on
    monkeypatch.setattr(engine.renderer, "stop_ids", (stop,))
    (answer,) = engine.generate(SHORT[:1], GREEDY)
    before = said[: said.index(stop)]
    assert (answer.text, answer.finish) == (engine.renderer.decode(before).strip(), "stop")
    assert (answer.tokens, answer.prompt_tokens) == (len(before) + 1, len(prompt))


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_is_cut_says_so(engines: dict[str, Batched], kind: str) -> None:
    for prompts in (SHORT[:2], LONG[:2]):
        for answer in engines[kind].generate(prompts, Decoding(max_tokens=3)):
            assert (answer.finish, answer.tokens) == ("length", 3)


@pytest.mark.parametrize("kind", KINDS)
def test_no_prompts_no_answers(engines: dict[str, Batched], kind: str) -> None:
    assert engines[kind].generate([], GREEDY) == []


@pytest.mark.parametrize("kind", KINDS)
def test_progress_adds_up(engines: dict[str, Batched], kind: str) -> None:
    told: list[int] = []
    engines[kind].generate(SHORT + LONG, Decoding(max_tokens=1), done=told.append)
    assert sum(told) == len(SHORT + LONG)


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_that_does_not_fit_is_refused_and_not_cut(engines: dict[str, Batched], kind: str) -> None:
    with pytest.raises(Mistake, match="do not fit into the model's 4096"):
        engines[kind].generate(SHORT[:1], Decoding(max_tokens=4096))


@pytest.mark.parametrize("kind", KINDS)
def test_sampling_follows_its_seed(engines: dict[str, Batched], kind: str) -> None:
    def say(seed: int, temperature: float) -> str:
        return engines[kind].generate(SHORT[:1], Decoding(max_tokens=12, temperature=temperature, seed=seed))[0].text

    assert say(1, 3.0) == say(1, 3.0)
    assert len({say(seed, 3.0) for seed in range(4)}) > 1
    assert len({say(seed, 0.0) for seed in range(4)}) == 1


def test_the_identity_names_model_engine_version_and_number_format(
    engines: dict[str, Batched], models: dict[str, Artifact]
) -> None:
    import ctranslate2
    import transformers

    versions = {"transformers": transformers.__version__, "ctranslate2": ctranslate2.__version__}
    for kind, engine in engines.items():
        name, number_format = kind.split()
        expected = Identity(model=models[kind].content, engine=f"{name} {versions[name]}", number_format=number_format)
        assert engine.identity == expected
    assert len({engine.identity.model for engine in engines.values()}) == 3


class Recited(Batched):
    """An engine that says what it is told."""

    def __init__(self, tokenizer: Path, text: str, more: Sequence[int] = ()) -> None:
        super().__init__(tokenizer, limits=Limits(tokens=100, examples=2))
        self.identity = Identity(model="m", engine="recited", number_format="float32")
        self.said = [*self.renderer.encode(text), *more]

    def _continue(self, prompts: Sequence[Sequence[int]], decoding: Decoding) -> list[list[int]]:
        return [list(self.said) for _ in prompts]

    def _next(self, prompts: Sequence[Sequence[int]]) -> list[Logits]:
        raise NotImplementedError

    def _nats(self, tokens: Sequence[int]) -> float:
        raise NotImplementedError


@pytest.mark.parametrize("text", ["5日です。[1]", "鱻と𠮷野家は🍣を６皿", "café ９０日", "髙﨑"])
def test_characters_that_span_tokens_are_whole(rough: Path, text: str) -> None:
    renderer = Renderer(rough)
    stop, junk = renderer.stop_ids[0], renderer.encode("junk")
    engine: Generator = Recited(rough, text, [stop, *junk])
    (answer,) = engine.generate(SHORT[:1], Decoding(max_tokens=99))
    assert (answer.text, answer.finish) == (text, "stop")


@given(
    lengths=st.lists(st.integers(1, 900), max_size=30),
    tokens=st.integers(1, 4000),
    examples=st.integers(1, 8),
    spread=st.none() | st.integers(0, 100),
    free_above=st.none() | st.integers(1, 900),
)
def test_every_prompt_is_in_one_batch_and_no_batch_is_too_large(
    lengths: list[int], tokens: int, examples: int, spread: int | None, free_above: int | None
) -> None:
    batches = by_length(lengths, Limits(tokens, examples, spread, free_above))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        sizes = [lengths[index] for index in batch]
        assert len(batch) == 1 or (len(batch) <= examples and max(sizes) * len(batch) <= tokens)
        within = [size for size in sizes if free_above is None or size <= free_above]
        assert spread is None or not within or max(sizes) - min(within) <= spread


# How likely an answer begins in a certain way


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prompts", [SHORT, LONG, SHORT + LONG], ids=["short", "long", "mixed"])
def test_odds_are_those_of_the_model_and_do_not_depend_on_the_batch(
    engines: dict[str, Batched], models: dict[str, Artifact], kind: str, prompts: list[list[Message]]
) -> None:
    engine, reply = engines[kind], "資料には書かれていません。"
    found = engine.log_odds(prompts, reply)
    assert found == pytest.approx([engine.log_odds([prompt], reply)[0] for prompt in prompts], abs=1e-4)
    plain = load(hf_folder(models["transformers float32"]), torch.float32).eval()
    token = engine.renderer.encode(reply)[0]
    for prompt, odds in zip(prompts, found, strict=True):
        with torch.inference_mode():
            logits = plain(torch.tensor([engine.renderer.prompt(prompt)])).logits[0, -1].double()
        likely = torch.softmax(logits, -1)[token]
        assert odds == pytest.approx(float(torch.log(likely / (1 - likely))), abs=0.2 if "int8" in kind else 1e-3)


def test_no_odds_without_prompts(engines: dict[str, Batched]) -> None:
    assert all(engine.log_odds([], "5日です。") == [] for engine in engines.values())


# How likely a text is


def test_nats_are_those_of_the_model_in_whatever_pieces(
    models: dict[str, Artifact], engines: dict[str, Batched], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engines["transformers float32"]
    assert isinstance(engine, TransformersGenerator)
    texts = ["休暇を取る日の三日前までに届け出る。", "日当は2,500円。" * 9, ""]
    found = engine.nats(texts)
    plain = load(hf_folder(models["transformers float32"]), torch.float32).eval()
    for text, nats in zip(texts, found, strict=True):
        tokens = torch.tensor([[engine.renderer.bos_id or 0, *engine.renderer.encode(text)]])
        with torch.inference_mode():
            chances = torch.log_softmax(plain(tokens).logits[0, :-1].double(), -1)
        assert nats == pytest.approx(-float(chances.gather(-1, tokens[0, 1:, None]).sum()), abs=1e-3)
    monkeypatch.setattr("kitae.engine.local.PIECE", 3)
    assert engine.nats(texts) == pytest.approx(found, abs=1e-3)


def test_nats_of_ctranslate2_are_those_of_transformers_within_the_window(engines: dict[str, Batched]) -> None:
    texts = ["休暇を取る日の三日前までに届け出る。", "日当は2,500円。", ""]
    found = engines["ctranslate2 float32"].nats(texts)
    assert found == pytest.approx(engines["transformers float32"].nats(texts), abs=1e-2)
    assert found[0] > found[1] > found[2] == 0
    with pytest.raises(Mistake, match=f"attention window of {WINDOW}"):
        engines["ctranslate2 float32"].nats(["日当は2,500円。" * 40])


def test_a_text_that_does_not_fit_is_refused(engines: dict[str, Batched]) -> None:
    engine = engines["transformers float32"]
    assert isinstance(engine, TransformersGenerator)
    with pytest.raises(Mistake, match="does not fit"):
        engine.nats(["日当" * 100_000])


# Conversion


def test_a_converted_model_keeps_label_facts_and_all_files_but_weights(
    model: Artifact, models: dict[str, Artifact]
) -> None:
    converted = models["ctranslate2 int8"]
    assert (converted.label, converted.groups, converted.licences) == (Label.INTERNAL, ("hr",), ("own",))
    assert converted.facts == {
        "engine": "ctranslate2",
        "number_format": "int8",
        "parameters": 1,
        "converted": model.id,
    }
    assert 0 < converted.measured["difference_nats"] < 1
    assert models["ctranslate2 float32"].measured["difference_nats"] < 0.0001
    kept = {file.name for file in tokenizer_folder(converted).iterdir()}
    assert {"config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"} <= kept
    assert not any(name.endswith((".safetensors", "run.json", "measured.json")) for name in kept)
    prompts = [Renderer(folder).prompt(SHORT[0]) for folder in (tokenizer_folder(converted), hf_folder(model))]
    assert prompts[0] == prompts[1]


def test_converting_twice_gives_the_same_bytes(rough: Path, tmp_path: Path, models: dict[str, Artifact]) -> None:
    conversion.convert_folder(rough, tmp_path / "again", "int8", Renderer(rough))
    for name in ("model.bin", "vocabulary.json", "config.json"):
        assert (tmp_path / "again" / name).read_bytes() == models["ctranslate2 int8"].path(f"ct2/{name}").read_bytes()


def test_a_converted_model_is_not_converted_again(make: Making, models: dict[str, Artifact]) -> None:
    with pytest.raises(Mistake, match="not trained or converted again"):
        make(CONVERT, "twice", ConvertRecipe(), {"model": models["ctranslate2 int8"]})


def _with(folder: Path, target: Path, change: Callable[[dict[str, object]], None]) -> Path:
    shutil.copytree(folder, target)
    config = json.loads((target / "config.json").read_text(encoding="utf-8"))
    change(config)
    (target / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return target


def test_rotary_bases_of_the_model_are_kept(rough: Path, tmp_path: Path) -> None:
    """The converter would take 1,000,000 and 10,000 for granted."""

    def change(config: dict[str, object]) -> None:
        config["rope_parameters"] = {
            "full_attention": {"rope_type": "default", "rope_theta": 5000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 300.0},
        }

    folder = _with(rough, tmp_path / "model", change)
    assert conversion.convert_folder(folder, tmp_path / "ct2", "float32", Renderer(folder)) < 0.0001


def test_what_ctranslate2_would_compute_differently_is_refused(rough: Path, tmp_path: Path) -> None:
    """Gemma 3 27B divides queries by another number than the root of the head's size; CTranslate2 does not know."""
    folder = _with(rough, tmp_path / "model", lambda config: config.update(query_pre_attn_scalar=8))
    with pytest.raises(Mistake, match="in float32 the converted model differs") as caught:
        conversion.convert_folder(folder, tmp_path / "ct2", "int8", Renderer(folder))
    assert "transformers" in caught.value.hint


def test_architectures_that_ctranslate2_does_not_know_are_refused(tmp_path: Path) -> None:
    from transformers import Olmo2Config, Olmo2ForCausalLM

    folder = make_tiny(tmp_path / "model")
    config = Olmo2Config(
        vocab_size=2048, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2
    )
    Olmo2ForCausalLM(config).save_pretrained(folder)
    with pytest.raises(Mistake, match="cannot convert this model"):
        conversion.convert_folder(folder, tmp_path / "ct2", "int8", Renderer(folder))


def test_rows_without_a_token_keep_their_place() -> None:
    rows = conversion.rows_of({0: "a", 3: "b", 1: "c"}, 6)
    assert rows == ["a", "c", "<row 2>", "b", "<row 4>", "<row 5>"]
    with pytest.raises(ValueError, match="one spelling"):
        conversion.rows_of({0: "a", 1: "a"}, 2)
    with pytest.raises(ValueError, match="the tokenizer knows 4 tokens, the model 3"):
        conversion.rows_of({3: "b"}, 3)


def test_folders_that_hold_no_model_are_refused(tmp_path: Path, rough: Path) -> None:
    with pytest.raises(Mistake, match="no converted model"):
        CTranslate2Generator(tmp_path, rough, model="m", number_format="int8")
    with pytest.raises(Mistake, match="no number format"):
        TransformersGenerator(rough, model="m", number_format="int3")
    (tmp_path / "tokenizer.json").write_bytes((rough / "tokenizer.json").read_bytes())
    (tmp_path / "tokenizer_config.json").write_bytes((rough / "tokenizer_config.json").read_bytes())
    (tmp_path / "config.json").write_bytes((rough / "config.json").read_bytes())
    with pytest.raises(Mistake, match="transformers cannot load"):
        TransformersGenerator(tmp_path, model="m")
