"""Pages beside the report, in its style: one file each that loads nothing and runs no script."""

from __future__ import annotations

import functools
from typing import Any

import jinja2
from markupsafe import Markup

from . import templates
from .bilingual import Both, Language, both
from .markdown import cell
from .templates import FOLDER


def sheet(template: str, *, title: str, language: Language, **told: Any) -> str:
    """A page in both languages that opens in one of them."""
    style = Markup((FOLDER / "style.css").read_text(encoding="utf-8"))
    return _html().get_template(template).render(title=title, language=language, style=style, **told)


def markdown(template: str, *, language: Language, **told: Any) -> str:
    """A page in one language."""

    def say(words: Both) -> str:
        return words.only(language)

    def t(ja: str, en: str) -> str:
        return both(ja, en).only(language)

    return _text().get_template(template).render(say=say, t=t, language=language, **told)


@functools.cache
def _html() -> jinja2.Environment:
    environment = templates.environment(html=True)
    environment.globals["both"] = both
    environment.filters["code"] = code
    return environment


def code(words: Both) -> Markup:
    """Words in which what stands between backticks is a command or a key."""

    def marked(text: str) -> Markup:
        pieces = text.split("`")
        return Markup("").join(
            Markup("<code>{}</code>").format(each) if at % 2 else each for at, each in enumerate(pieces)
        )

    template = Markup('<span class="ja" lang="ja">{}</span><span class="en" lang="en">{}</span>')
    return template.format(marked(words.ja), marked(words.en))


@functools.cache
def _text() -> jinja2.Environment:
    environment = templates.environment(html=False)
    environment.filters["cell"] = cell
    return environment
