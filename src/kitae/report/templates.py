"""Jinja as every page and sheet here is rendered: a name that is not known is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import jinja2

FOLDER: Final = Path(__file__).parent


def environment(*, html: bool) -> jinja2.Environment:
    """
    Args:
        html: Whether what is filled in is escaped; otherwise it is Markdown, and ends with its line end.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=html,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not html,
    )
