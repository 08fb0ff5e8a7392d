"""What is said when a model is asked otherwise than its tokenizer says."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

from kitae.core.dialogue import Message
from kitae.engine.chat import Renderer
from kitae.engine.template import PLAIN_TEMPLATE, TURNS_TEMPLATE, template_notes

OWN = "{% for m in messages %}<start_of_turn>{{ m.role }}\n{{ m.content }}<end_of_turn>\n{% endfor %}"


def settings(folder: Path, template: object) -> None:
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}), encoding="utf-8")


def test_a_template_of_its_own_needs_no_word(tmp_path: Path) -> None:
    settings(tmp_path, OWN)
    assert template_notes(tmp_path, OWN) == ()
    assert template_notes(tmp_path / "none", OWN) == ()


def test_the_house_template_is_told_of_with_the_reason(tmp_path: Path, tiny_base: Path) -> None:
    (note,) = template_notes(tiny_base, Renderer(tiny_base).template)
    assert "brings no chat template" in note and "Gemma's marks" in note
    assert "two headings" in template_notes(tmp_path, PLAIN_TEMPLATE)[0]
    assert TURNS_TEMPLATE != PLAIN_TEMPLATE


def test_thinking_that_is_switched_off_is_told_of(tmp_path: Path, tiny_base: Path) -> None:
    folder = Path(copytree(tiny_base, tmp_path / "thinks"))
    (folder / "chat_template.jinja").write_text(OWN + "{% if enable_thinking %}{% endif %}", encoding="utf-8")
    (note,) = template_notes(folder, Renderer(folder).template)
    assert "thinking" in note


DATED = (
    "{%- if strftime_now is defined %}{%- set today = strftime_now('%d %b %Y (%a) %Y-%m-%d') %}{%- endif %}"
    "{{ today }} " + OWN
)
"""As Llama 3.2 and Mistral Small tell the day."""


def test_a_template_that_tells_the_day_tells_the_same_one_everywhere(tmp_path: Path, tiny_base: Path) -> None:
    from transformers import AutoTokenizer

    folder = Path(copytree(tiny_base, tmp_path / "dated"))
    (folder / "chat_template.jinja").write_text(DATED, encoding="utf-8")
    renderer = Renderer(folder)
    asked = [Message(role="user", content="何日？"), Message(role="assistant", content="十日")]
    found = renderer.dialogue(asked).tokens
    assert renderer.decode(found).startswith("26 Jul 2024 (Fri) 2024-07-26 ")
    # What is written into the folder of a tuned model, and read from there.
    (folder / "chat_template.jinja").write_text(renderer.template, encoding="utf-8")
    assert Renderer(folder).template == renderer.template
    theirs = AutoTokenizer.from_pretrained(folder).apply_chat_template([each.model_dump() for each in asked])
    assert theirs["input_ids"] == found
    (note,) = template_notes(folder, renderer.template)
    assert "26 July 2024" in note


def test_two_templates_that_differ_are_told_of(tmp_path: Path) -> None:
    settings(tmp_path, OWN)
    (tmp_path / "chat_template.jinja").write_text(OWN + "\n", encoding="utf-8")
    assert template_notes(tmp_path, OWN) == ()
    (tmp_path / "chat_template.jinja").write_text("other", encoding="utf-8")
    assert "different templates" in template_notes(tmp_path, "other")[0]


def test_one_of_several_templates_is_told_of(tmp_path: Path) -> None:
    settings(tmp_path, [{"name": "default", "template": OWN}, {"name": "tools", "template": "t"}])
    assert "`default`" in template_notes(tmp_path, OWN)[0]
