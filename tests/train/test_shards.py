"""What is read from a shard is what was tokenised, and never what another tokenizer made."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.core.memo import Memo
from kitae.engine.chat import Renderer
from kitae.train.example import Example
from kitae.train.shards import LEARNT, SEAL, TOKENS, Shard, rendering, whole, write_shard
from kitae.train.views import Cut, Joined, Picked

from .conftest import make_examples

EXAMPLES = st.lists(
    st.tuples(
        st.text(max_size=8), st.lists(st.tuples(st.integers(0, 300_000), st.booleans()), max_size=9), st.integers(1, 9)
    ),
    max_size=8,
)


@given(EXAMPLES)
@settings(max_examples=30, deadline=None)
def test_a_shard_gives_back_what_was_written(made: list[tuple[str, list[tuple[int, bool]], int]]) -> None:
    examples = [
        Example(id, np.array([t for t, _ in rows], np.int32), np.array([each for _, each in rows], np.bool_), repeat)
        for id, rows, repeat in made
    ]
    memo = Memo(None)
    shard = Shard(memo.folder("key", lambda folder: write_shard(folder, examples), whole))
    assert len(shard) == len(examples)
    for found, expected in zip(shard, examples, strict=True):
        assert (found.id, found.repeat) == (expected.id, expected.repeat)
        assert np.array_equal(found.tokens, expected.tokens)
        assert np.array_equal(found.learnt, expected.learnt)
        assert found.tokens.dtype == np.int32
        assert found.learnt.dtype == np.bool_


def count(memo: Memo, examples: list[Example]) -> Callable[[], Path]:
    """Asks the memo for a shard; raises where it had to be made twice."""

    def asked() -> Path:
        return memo.folder("key", lambda folder: write_shard(folder, examples), whole)

    return asked


def test_another_process_is_told_where_the_files_are_and_not_what_is_in_them() -> None:
    memo, examples = Memo(None), [replace(each, id="same") for each in make_examples(3, longest=5000)]
    shard = Shard(count(memo, examples)())
    sent = pickle.dumps(Joined([Picked(shard, [2, 0]), Cut(shard, 100)]))
    assert len(sent) < 2000
    received = pickle.loads(sent)
    assert np.array_equal(received[1].tokens, examples[0].tokens)


@pytest.mark.parametrize("name", [TOKENS, LEARNT, SEAL])
def test_a_shard_with_a_flipped_byte_is_made_again(tmp_path: Path, name: str) -> None:
    memo = Memo(tmp_path / "memo.sqlite")
    asked = count(memo, make_examples(5))
    folder = asked()
    right = (folder / name).read_bytes()
    assert asked() == folder
    assert memo.misses == 1
    (folder / name).write_bytes(right[:7] + bytes([right[7] ^ 1]) + right[8:])
    assert (asked() / name).read_bytes() == right
    assert memo.misses == 2


def test_a_shard_that_could_not_be_made_is_not_there(tmp_path: Path) -> None:
    def failing() -> Iterator[Example]:
        yield from make_examples(3)
        raise RuntimeError("no template")

    memo = Memo(tmp_path / "memo.sqlite")
    with pytest.raises(RuntimeError, match="no template"):
        memo.folder("key", lambda folder: write_shard(folder, failing()), whole)
    asked = count(memo, make_examples(2))
    assert len(Shard(asked())) == 2


def edited(folder: Path, name: str, change: Callable[[str], str]) -> None:
    (folder / name).write_text(change((folder / name).read_text(encoding="utf-8")), encoding="utf-8")


CHANGES: dict[str, Callable[[Path], None]] = {
    "tokenizer": lambda folder: edited(folder, "tokenizer.json", lambda text: text.replace('"<bos> $A"', '"$A"') + " "),
    "settings": lambda folder: edited(
        folder, "tokenizer_config.json", lambda text: json.dumps(json.loads(text) | {"bos_token": "<mask>"})
    ),
    "template": lambda folder: edited_template(folder),
}


def edited_template(folder: Path) -> None:
    template = Renderer(folder).template
    (folder / "chat_template.jinja").write_text(
        template.replace("<start_of_turn>", "<start_of_turn> "), encoding="utf-8"
    )


@pytest.mark.parametrize("change", CHANGES)
def test_another_tokenizer_or_template_finds_no_shard(change: str, tiny_base: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_base, other)
    before = rendering(Renderer(other))
    assert before == rendering(Renderer(tiny_base)), "where it lies does not matter"
    CHANGES[change](other)
    assert rendering(Renderer(other)) != before


def test_examples_of_a_shard_can_be_changed_like_others(tmp_path: Path) -> None:
    asked = count(Memo(None), make_examples(2))
    example = Shard(asked())[0]
    assert replace(example, repeat=4).repeat == 4
    with pytest.raises(ValueError, match="read-only"):
        example.tokens[0] = 1
