"""The report: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from ..core.files import write_atomically
from . import numbers, templates
from .answers import answers, reason
from .bilingual import Language, both
from .boards import Board
from .corpus import corpora
from .courses import courses
from .details import details
from .dialogues import dialogue_sets
from .examined import MOST, SHOWN, Shown
from .lineage import lineage
from .plan import plan_told
from .results import results
from .spending import spending
from .story import Story
from .templates import FOLDER


def write(file: Path, story: Story) -> Path:
    """Writes the report about `story`.

    The page loads nothing from anywhere: its policy forbids it, and the only script that it may run is our own, known
    by its digest. Text of documents and models is escaped. Without a script everything is shown.

    Args:
        file: Where to write; replaced atomically.
        story: What to tell. What is missing from it is left out of the page.

    Returns:
        `file`.

    Raises:
        Mistake: the scorecards cannot be put into one table.
    """
    write_atomically(file, [page(story).encode()])
    return file


def page(story: Story) -> str:
    """The report as HTML. The same story gives the same page."""
    environment = _environment()
    return environment.get_template("page.html").render(
        story=story,
        boards=[Shown(board) for board in story.examined],
        results=results(story),
        questions=answers(story),
        corpora=corpora(story),
        dialogue_sets=dialogue_sets(story),
        courses=courses(story),
        plan=plan_told(story.plan),
        spending=spending(story.spending),
        lineage=lineage(story),
        details=details(story),
        youngest=max((each.record.created for each in story.by_id.values()), default=""),
        style=Markup(_source("style.css")),
        **_script("words.js", "filters.js"),
    )


def _script(*names: str) -> dict[str, str]:
    """The one script of a page, and its digest for the page's policy."""
    script = "".join(map(_source, names))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"script": Markup(script), "script_digest": digest}


def _source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@functools.cache
def _environment() -> jinja2.Environment:
    environment = templates.environment(html=True)
    environment.globals |= {"both": both, "reason": reason}
    environment.filters |= {
        "percent": numbers.percent,
        "span": numbers.span,
        "points": numbers.points,
        "point_span": numbers.point_span,
        "seconds": numbers.seconds,
        "yen": numbers.yen,
        "duration": numbers.duration,
        "count": numbers.count,
        "figure": numbers.figure,
        "size": numbers.size,
        "when": numbers.when,
    }
    return environment


def view(name: str, language: Language, boards: Sequence[Board], *, report: str = "") -> str:
    """Who scores what, and every answer, as a page of its own that loads nothing; the same boards give the same page.

    Args:
        report: Name of the report's file beside it; empty where there is none.
    """
    return (
        _environment()
        .get_template("examined.html")
        .render(
            name=name,
            language=language,
            boards=[Shown(board) for board in boards],
            report=report,
            most=MOST,
            first=SHOWN,
            style=Markup(_source("style.css")),
            **_script("words.js", "examined.js"),
        )
    )
