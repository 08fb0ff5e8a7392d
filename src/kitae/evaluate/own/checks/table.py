"""The checks by the names that the data call them by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import counting, data, shape, style
from .finding import Finding

CHECKS: dict[str, Callable[..., Finding]] = {
    "characters": counting.has_characters,
    "sentences": counting.has_sentences,
    "lines": counting.has_lines,
    "paragraphs": counting.has_paragraphs,
    "sentence_length": counting.sentence_length,
    "shrinking_lines": counting.shrinking_lines,
    "contains": counting.contains,
    "contains_any": counting.contains_any,
    "forbids": counting.forbids,
    "repeats": counting.repeats,
    "ordered": counting.ordered,
    "polite": style.polite,
    "plain": style.plain,
    "sentence_ends": style.sentence_ends,
    "only": style.only,
    "without": style.without,
    "digits": style.digits,
    "ruby": style.ruby,
    "morae": style.morae,
    "starts": shape.starts,
    "ends": shape.ends,
    "pattern": shape.pattern,
    "matches": shape.matches,
    "each_line": shape.each_line,
    "line_heads": shape.line_heads,
    "heads": shape.heads,
    "numbered": shape.numbered,
    "bullets": shape.bullets,
    "headings": shape.headings,
    "quoted": shape.quoted,
    "mail": shape.mail,
    "fenced": shape.fenced,
    "json_object": data.json_object,
    "json_list": data.json_list,
    "json_equals": data.json_equals,
    "table": data.table,
    "separated": data.separated,
    "cells": data.cells,
}


def checked(text: str, name: str, given: dict[str, Any]) -> Finding:
    """What a check says about a text.

    Raises:
        KeyError: there is no such check.
    """
    return CHECKS[name](text, **given)
