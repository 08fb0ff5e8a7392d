"""Chat templates: the two of the house, and those that tokenizers bring."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import jinja2.ext
import jinja2.sandbox

from ..core.mistakes import Mistake

TURN_MARKS = ("<start_of_turn>", "<end_of_turn>")
"""The turn marks of Gemma, which the base model's vocabulary holds too."""

_MERGED_SYSTEM = """\
{%- if messages[0]['role'] == 'system' -%}
{%- set first = messages[0]['content'] | trim + '\n\n' -%}
{%- set turns = messages[1:] -%}
{%- else -%}
{%- set first = '' -%}
{%- set turns = messages -%}
{%- endif -%}
"""

TURNS_TEMPLATE = (
    "{{- bos_token -}}\n"
    + _MERGED_SYSTEM
    + """\
{%- for message in turns -%}
{%- set role = 'model' if message['role'] == 'assistant' else message['role'] -%}
{%- set content = ((first if loop.first else '') + message['content'] | trim) | trim -%}
{{- '<start_of_turn>' + role + '\n' + content + '<end_of_turn>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<start_of_turn>model\n' -}}{%- endif -%}
"""
)
"""For models whose vocabulary has turn marks but whose tokenizer brings no template: base Gemma."""

PLAIN_TEMPLATE = (
    "{{- bos_token -}}\n"
    + _MERGED_SYSTEM
    + """\
{%- for message in turns -%}
{%- if message['role'] == 'assistant' -%}
{{- '### 回答\n' + message['content'] | trim + eos_token + '\n' -}}
{%- else -%}
{{- '### 質問\n' + ((first if loop.first else '') + message['content'] | trim) | trim + '\n' -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '### 回答\n' -}}{%- endif -%}
"""
)
"""For models without any mark of a turn: two headings, and the end of the text as the end of the answer."""

_NO_THINKING = "{%- if enable_thinking is not defined -%}{%- set enable_thinking = false -%}{%- endif -%}\n"
"""Put in front of templates that know thinking: an answer from documents is short, and thinking costs seconds."""

_DATE = {
    "%Y": "2024",
    "%y": "24",
    "%m": "07",
    "%d": "26",
    "%B": "July",
    "%b": "Jul",
    "%A": "Friday",
    "%a": "Fri",
    "%H": "00",
    "%M": "00",
    "%S": "00",
}
"""The day that Llama 3's own template takes where it is not told one."""

_ONE_DAY = (
    "{%- macro strftime_now(format) -%}{{- format"
    + "".join(f" | replace('{code}', '{text}')" for code, text in _DATE.items())
    + " -}}{%- endmacro -%}\n"
)
"""Put in front of templates that tell the day, and kept with the model: on another day the same dialogue would have
other tokens than those that were learnt, and jinja by itself knows no day."""

_BEFORE = {"enable_thinking": _NO_THINKING, "strftime_now": _ONE_DAY}
"""For what a template may know, what is put in front of it."""


def own_template(folder: Path, settings: Mapping[str, Any]) -> str | None:
    """The tokenizer's chat template: its own file, or an entry (old: a list of named ones) of its settings."""
    file = folder / "chat_template.jinja"
    found = file.read_text(encoding="utf-8") if file.is_file() else settings.get("chat_template")
    if isinstance(found, list):
        found = next((entry["template"] for entry in found if entry.get("name") == "default"), None)
    if not isinstance(found, str) or not found.strip():
        return None
    return "".join(before for known, before in _BEFORE.items() if known in found and before not in found) + found


class _Generation(jinja2.ext.Extension):
    """`{% generation %}` … `{% endgeneration %}`, which some templates use to mark replies: their inside, unchanged."""

    tags = {"generation"}  # noqa: RUF012 (jinja2 declares it as a plain attribute)

    def parse(self, parser: Any) -> Any:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return jinja2.nodes.Scope(body, lineno=line)


def compiled(template: str, where: str) -> jinja2.Template:
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, jinja2.ext.loopcontrols]
    )
    environment.globals["raise_exception"] = _refuse
    environment.filters["tojson"] = _tojson
    try:
        return environment.from_string(template)
    except jinja2.TemplateError as error:
        raise Mistake(f"the chat template cannot be read: {error}", where=where, hint="mend or remove it") from None


def _refuse(message: str) -> None:
    raise jinja2.TemplateError(message)


def _tojson(value: Any, ensure_ascii: bool = False, **how: Any) -> str:
    """As transformers has it: real characters, and not escaped for HTML as jinja's own does."""
    return json.dumps(value, ensure_ascii=ensure_ascii, **how)


HOUSE = (TURNS_TEMPLATE, PLAIN_TEMPLATE)


def template_notes(folder: Path, template: str) -> tuple[str, ...]:
    """In words, where a model is asked otherwise than its tokenizer says, and why.

    Args:
        folder: Of the tokenizer.
        template: That the model is asked with (`chat.Renderer.template`).
    """
    file, settings = folder / "chat_template.jinja", folder / "tokenizer_config.json"
    said = json.loads(settings.read_text(encoding="utf-8")).get("chat_template") if settings.is_file() else None
    notes = []
    if template in HOUSE:
        kind = "Gemma's marks of turns" if template == TURNS_TEMPLATE else "two headings"
        notes.append(f"its tokenizer brings no chat template, so it is asked with the house's ({kind})")
    if _NO_THINKING in template:
        notes.append("its template knows thinking, which is switched off here: it may do better elsewhere")
    if _ONE_DAY in template:
        notes.append("its template tells today's date, which is 26 July 2024 here, whenever it is asked")
    if isinstance(said, str) and file.is_file() and said.strip() != file.read_text(encoding="utf-8").strip():
        notes.append(f"{file.name} and {settings.name} hold different templates; the former is taken")
    if isinstance(said, list) and not file.is_file():
        notes.append("its tokenizer brings several templates; the one named `default` is taken")
    return tuple(notes)
