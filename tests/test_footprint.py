"""What a candidate takes: figures that others of kitae's figures agree with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kitae.adopt.table import measured
from kitae.answering import Took
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.core.quantity import parse_money
from kitae.footprint import data_licences, footprint, price
from kitae.gate.policy import Endpoint
from kitae.naming import subject_named
from kitae.plan.answering import memory_to_serve
from kitae.plan.architecture import typical
from kitae.project import Project

TEXTS = [f"第{number}条　従業員は、休暇を取る日の{number}日前までに届け出る。\n" for number in range(1, 200)]
TOOK = Took(calls=10, prompt_tokens=3000, tokens=500, seconds=36.0, money=None)
SEVEN = typical(6.74e9)


def changed(folder: Path, more: str) -> Project:
    toml = folder / "kitae.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + more, encoding="utf-8")
    return Project(folder)


def test_tokens_are_counted_as_for_the_table_of_the_vocabulary(tiny_project: Path, tiny_base: Path) -> None:
    project = Project(tiny_project)
    found = footprint(project.file, subject_named(project, "path:../base", label=Label.PUBLIC), TEXTS)
    tokenizer = tiny_base / "tokenizer.json"
    table = measured(tokenizer, json.loads(tokenizer.read_text(encoding="utf-8")), {"base": 0, "now": 0}, TEXTS)
    assert found.characters_per_token == table[0].characters_per_token


def test_what_cannot_be_measured_says_why(tiny_project: Path) -> None:
    project = Project(tiny_project)
    found = footprint(project.file, subject_named(project, "path:../base", label=Label.PUBLIC), [])
    assert found.characters_per_token is None
    assert found.unknown == {"characters_per_token": "no line of the project's text is measured"}


def test_the_licences_of_base_and_data_decide_together(tiny_project: Path) -> None:
    project = Project(tiny_project)
    subject = replace(subject_named(project, "path:../base", label=Label.PUBLIC), licences=("gemma",))
    assert footprint(project.file, subject, TEXTS).permitted == "yes"
    source = project.file.sources[0].model_copy(update={"licence": "cc-by-sa-4.0"})
    file = project.file.model_copy(update={"sources": (source,)})
    assert data_licences(file) == ["cc-by-sa-4.0"]
    found = footprint(file, subject, TEXTS)
    assert found.permitted == "ask"
    assert found.doubt.startswith("Gemma") or "cannot both be kept" in found.doubt


def test_memory_to_train_is_of_a_card_where_the_first_place_has_some(tiny_project: Path) -> None:
    project = Project(tiny_project)
    subject = subject_named(project, "path:../base", label=Label.PUBLIC)
    here = footprint(project.file, subject, TEXTS).train_gib
    gpus = changed(tiny_project, '\n[[places]]\nname = "node"\ngpu = "a100-80x8"\nmay_hold = "restricted"\n')
    there = footprint(gpus.file, subject, TEXTS).train_gib
    assert here and there and here.mid != there.mid
    assert here.low < here.mid < here.high


def test_a_larger_model_takes_more_memory_to_serve_and_a_dearer_machine(tiny_project: Path) -> None:
    file = Project(tiny_project).file
    small, large = typical(6.74e9), typical(70e9)
    assert memory_to_serve(small, file.plan).total < memory_to_serve(large, file.plan).total
    cheap, dear = price(file, None, small, TOOK), price(file, None, large, TOOK)
    assert cheap.yen and dear.yen and cheap.yen < dear.yen
    assert cheap.how == "estimated" and "rented and always busy" in cheap.what
    longer = price(file, None, small, replace(TOOK, tokens=5000))
    assert longer.yen and longer.yen > cheap.yen


def test_a_place_with_a_price_is_reckoned_by_the_time_that_answers_took(tiny_project: Path) -> None:
    office = '\n[[places]]\nname = "office"\nmay_hold = "restricted"\nyen_per_hour = 500\n'
    found = price(changed(tiny_project, office).file, None, SEVEN, TOOK)
    assert found.yen == pytest.approx(500 / 3600 * 3.6 * 1000)
    assert found.how == "quoted" and "office" in found.what


def endpoint(**more: Any) -> Endpoint:
    return Endpoint(url="https://llm.example/v1", model="m", may_receive=Label.PUBLIC, **more)


def test_an_endpoint_asks_what_it_says_for_the_tokens_that_it_took(tiny_project: Path) -> None:
    file = changed(tiny_project, '\n[plan]\nyen_per_dollar = 150\nrate_on = "2026-11-26"\n').file
    priced = endpoint(price_in=parse_money("$2"), price_out=parse_money("$8"))
    assert price(file, priced, None, TOOK).yen == pytest.approx((300 * 2 + 50 * 8) / 1e6 * 1000 * 150)
    yen = endpoint(price_in=parse_money("300円"), price_out=parse_money("1200円"))
    assert price(file, yen, None, TOOK).yen == pytest.approx((300 * 300 + 50 * 1200) / 1e6 * 1000)
    free = price(file, endpoint(), None, TOOK)
    assert (free.yen, free.what) == (None, "the endpoint names no price")
    uncounted = price(file, priced, None, replace(TOOK, prompt_tokens=0, tokens=0))
    assert (uncounted.yen, uncounted.what) == (None, "its server counts no tokens")


def test_a_machine_that_is_not_known_is_a_mistake(tiny_project: Path) -> None:
    file = changed(tiny_project, '\n[plan.serving]\noffer = "aws:none:nowhere"\n').file
    with pytest.raises(Mistake, match="aws:none:nowhere"):
        price(file, None, SEVEN, TOOK)
