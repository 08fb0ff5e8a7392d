"""A model's card: what it is, what it learnt, who may have it, what it took, what it scored. For Hugging Face folders.

Read from sealed artifacts only. It names no machine and no path, and of the documents only sources, labels and
groups, so that it may go wherever the model may go.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import Any

import jinja2

from ..core.label import Label
from ..core.passage import Passage
from ..core.stage import version
from ..engine.grounding import grounded
from ..evaluate.scorecard import row_of
from ..evaluate.table import Line, Table
from . import numbers, templates
from .bilingual import Both, Language, both
from .licences import hub_licence, together
from .markdown import cell
from .subject import USED, Told
from .training import spent, training

_KINDS = {
    "unseen": Both("学習に使っていない文書についての質問", "About documents that no training saw"),
    "known": Both("学習に使った文書についての新しい質問", "New questions about documents that were trained on"),
    "task": Both("会社独自の作業（正答は点数の平均）", "A task of the company's own (right: the mean score)"),
}


def card(told: Told) -> str:
    """The card as Markdown, with the front matter that the Hugging Face Hub reads.

    Raises:
        Mistake: the scorecards cannot be put into one table.
    """
    return (
        _environment()
        .get_template("card.md.j2")
        .render(
            told=told,
            say=lambda words: words.only(told.language),
            t=lambda ja, en: both(ja, en).only(told.language),
            matter=_front_matter(told),
            terms=[each.only(told.language) for each in together(told.model.licences, told.model.label)],
            training=training(told),
            spent=spent(told.energy, told.place),
            suites=_suites(told.table),
            kinds=_KINDS,
            used=USED,
            example=_example(told.language),
            version=version(),
            engines=_engines(told),
            packages=_packages(told),
        )
    )


def _front_matter(told: Told) -> str:
    """YAML; every value in the quotes of JSON, which YAML reads."""
    methods = [str(each.facts.get("method")) for each in told.courses]
    matter: dict[str, Any] = hub_licence(told.model.licences)
    if told.base_name:
        matter["base_model"] = told.base_name
    if told.base_name and told.courses:
        matter["base_model_relation"] = "adapter" if told.adapter else "finetune"
    matter |= {
        "language": [told.language],
        "library_name": "peft" if told.adapter else "transformers",
        "pipeline_tag": "text-generation",
        "tags": list(dict.fromkeys(["kitae", *(each.record.stage for each in told.courses), *methods])),
    }
    return "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in matter.items())


def _example(language: Language) -> str:
    """A question as the model was taught to read it, as a Python literal: the form decides how well it answers."""
    heading, text, question = {
        "ja": (
            "就業規則 > 第8条　届出",
            "従業員は、休暇を取る日の3日前までに届け出る。",
            "休暇はいつまでに届け出ますか。",
        ),
        "en": ("Rules > 8 Notice", "Leave is announced three days before it begins.", "When is leave to be announced?"),
    }[language]
    passage = Passage(id="a", document="a", section="a", heading=heading, text=text, label=Label.PUBLIC)
    messages = [each.model_dump() for each in grounded(question, [passage], language=language)]
    return json.dumps(messages, ensure_ascii=False, indent=4)


def _suites(table: Table | None) -> dict[str, list[Line]]:
    """Lines by suite; two suites are never in one number."""
    found: dict[str, list[Line]] = {}
    for line in table.lines if table else ():
        found.setdefault(line.suite, []).append(line)
    return found


def _engines(told: Told) -> list[str]:
    """With what the model's own rows were measured."""
    identities = [card.facts["identity"] for card in told.scorecards if row_of(card).name in told.own_rows]
    return list(dict.fromkeys(f"{each['engine']}, {each['number_format']}" for each in identities))


def _packages(told: Told) -> list[tuple[str, str]]:
    """Of every step from the base on, kitae first; more than one version where it was updated in between."""
    found: dict[str, list[str]] = {}
    for model in reversed(told.chain):
        for name, number in (("kitae", model.record.kitae), *sorted(model.record.packages.items())):
            if number not in found.setdefault(name, []):
                found[name].append(number)
    return [(name, ", ".join(versions)) for name, versions in found.items()]


def _some(names: Sequence[str], most: int = 4) -> str:
    """`a, b, c, … (12)`."""
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])}, … ({len(names)})"


@functools.cache
def _environment() -> jinja2.Environment:
    environment = templates.environment(html=False)
    environment.filters |= {
        "cell": cell,
        "some": _some,
        "percent": numbers.percent,
        "span": numbers.span,
        "points": numbers.points,
        "point_span": numbers.point_span,
        "count": numbers.count,
        "duration": numbers.duration,
        "when": numbers.when,
    }
    return environment
