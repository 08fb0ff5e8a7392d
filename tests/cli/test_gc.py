"""`kitae gc`: what goes, what stays, and what a run is reading."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kitae.commands import make_all, preflights
from kitae.core.memo import KEY, Memo
from kitae.project import Project
from kitae.train.shards import OF, RENDERING, SHARD, TOKENS

Command = Callable[..., Any]


def shards(folder: Path) -> dict[str, Path]:
    """Folders of tokens by the content of the artifact that they are of, and its table."""
    keys = {each: json.loads((each / KEY).read_text(encoding="utf-8")) for each in (folder / "store/memo").iterdir()}
    return {f"{key[OF]} {key['table']}": each for each, key in keys.items()}


def collected(kitae: Command, folder: Path, *options: str) -> dict[str, Any]:
    ended = kitae("-C", folder, "gc", *options, "--json")
    assert ended.code == 0, ended.err
    printed: dict[str, Any] = json.loads(ended.out)
    return printed


def test_what_is_up_to_date_stays_with_its_tokens(kitae: Command, walked: Path) -> None:
    before = shards(walked)
    assert len(before) >= 4, "corpus and dialogues, to learn and held out"
    assert collected(kitae, walked) | {"schema": 0} == {
        "schema": 0,
        "dry": False,
        "deleted": [],
        "kept": [],
        "bytes": 0,
    }
    assert shards(walked) == before


def test_tokens_of_texts_that_nothing_uses_any_more_go(kitae: Command, walked: Path) -> None:
    before = shards(walked)
    rules = walked / "documents" / "rules.md"
    rules.write_text(rules.read_text(encoding="utf-8").replace("3日前", "5日前"), encoding="utf-8")
    make_all(Project(walked), until="train")
    both = shards(walked)
    stale = {name: folder for name, folder in before.items() if name not in _used(walked)}
    assert stale and before.items() < both.items()
    told = collected(kitae, walked, "--dry-run")
    assert shards(walked) == both
    done = collected(kitae, walked)
    assert shards(walked) == {name: folder for name, folder in both.items() if name not in stale}
    assert done["bytes"] == told["bytes"] > 0


def _used(folder: Path) -> set[str]:
    store = Project(folder).store
    artifacts = [store.named(name) for name in ("corpus/main", "corpus/general", "dialogues/main")]
    return {f"{each.content} {table}" for each in artifacts for table in ("corpus", "dialogues", "held_out")}


@pytest.mark.parametrize("other", [{RENDERING: "of another template"}, {SHARD: 0}])
def test_tokens_that_another_tokenizer_or_an_older_kitae_made_go(
    other: dict[str, Any], kitae: Command, walked: Path
) -> None:
    """Their text is still in use, but nothing would ever read them again."""
    folder = next(iter(shards(walked).values()))
    key = json.loads((folder / KEY).read_text(encoding="utf-8")) | other
    stale = Memo(Project(walked).store.memo_file).folder(
        key, lambda beside: (beside / TOKENS).touch(), whole=lambda _: True
    )
    collected(kitae, walked)
    assert not stale.exists()
    assert (folder / TOKENS).is_file()


def test_while_a_run_is_at_work_nothing_goes(kitae: Command, walked: Path) -> None:
    rules = walked / "documents" / "rules.md"
    rules.write_text(rules.read_text(encoding="utf-8").replace("3日前", "5日前"), encoding="utf-8")
    before = shards(walked)
    with Project(walked).store.lock():
        ended = kitae("-C", walked, "gc")
        assert ended.code == 2 and "another run is at work" in ended.err
        assert shards(walked) == before
    assert kitae("-C", walked, "gc").code == 0


def test_what_a_preflight_reads_stays(kitae: Command, walked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def collecting(*_: object, **__: object) -> None:
        tried.append(kitae("-C", walked, "gc").code)
        raise KeyboardInterrupt

    monkeypatch.setattr("kitae.train.preflight.preflight", collecting)
    with pytest.raises(KeyboardInterrupt):
        preflights(Project(walked))
    assert tried == [2]
