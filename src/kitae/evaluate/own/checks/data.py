"""Conditions on data that an answer is: JSON and tables. A code fence around all of it is let pass."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ....core.noun import canonical
from .finding import Finding, bounded, unfenced

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "list": list,
    "null": type(None),
}


def json_object(text: str, *, keys: Sequence[str], types: Mapping[str, str] | None = None) -> Finding:
    """One JSON object with these keys, no others, none of them empty; values of these types."""
    value, trouble = _json(text)
    return Finding(False, trouble) if trouble else _object(value, keys, types or {})


def json_list(text: str, *, exactly: int, keys: Sequence[str], types: Mapping[str, str]) -> Finding:
    """A JSON array of so many different objects."""
    value, trouble = _json(text)
    if trouble or not isinstance(value, list):
        return Finding(False, trouble or "no array")
    for each in value:
        found = _object(each, keys, types)
        if not found.kept:
            return found
    return bounded(len({canonical(each) for each in value}), "different objects", exactly, 0, None)


def json_equals(text: str, *, value: Any) -> Finding:
    """JSON of this value: whole numbers, truth values and strings are different things."""
    found, trouble = _json(text)
    if trouble:
        return Finding(False, trouble)
    same = canonical(found) == canonical(value)
    return Finding(same, "as wanted" if same else f"found {canonical(found)}")


def _json(text: str) -> tuple[Any, str]:
    try:
        value = json.loads(unfenced(text), parse_constant=_no_constant)
    except ValueError as error:
        return None, f"no JSON: {error}"
    return value, ""


def _no_constant(name: str) -> Any:
    """NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(name)


def _object(value: Any, keys: Sequence[str], types: Mapping[str, str]) -> Finding:
    if not isinstance(value, dict) or set(value) != set(keys):
        return Finding(False, f"not the keys {'、'.join(keys)}")
    wrong = next((key for key in keys if not _typed(value[key], types.get(key))), "")
    return Finding(not wrong, f"{wrong} is {canonical(value[wrong])}" if wrong else f"{len(keys)} keys")


def _typed(value: Any, name: str | None) -> bool:
    """Without a name of a type: anything but nothing."""
    if name is None:
        return value not in (None, "", [], {})
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, _TYPES[name]) and (name == "null" or value not in ("", []))


def table(text: str, *, columns: Sequence[str], rows: int | None = None, at_least: int = 1) -> Finding:
    """A Markdown table alone, with these columns and so many rows below the heading."""
    found = [line.strip() for line in unfenced(text).splitlines() if line.strip()]
    if any(not line.startswith("|") for line in found) or len(found) < 2:
        return Finding(False, "no table alone")
    if not re.fullmatch(r"\|(?:\s*:?-+:?\s*\|)+", found[1]):
        return Finding(False, "no line of dashes below the heading")
    return _grid(_rows(text), columns, rows, at_least)


def separated(text: str, *, columns: Sequence[str], rows: int, by: str = ",") -> Finding:
    """CSV or tab-separated lines alone, with a heading."""
    if by not in unfenced(text).partition("\n")[0]:
        return Finding(False, "another separator")
    return _grid(_rows(text), columns, rows, 1)


def cells(text: str, *, column: str, pattern: str, says: str) -> Finding:
    """Every cell of a column has this form."""
    head, *rows = _rows(text) or [[]]
    if column not in head or not rows:
        return Finding(False, f"no column {column}")
    place = head.index(column)
    wrong = next((row for row in rows if len(row) <= place or not re.fullmatch(pattern, row[place])), None)
    return Finding(wrong is None, f"wanted: {says}" + (f"; found: {wrong}" if wrong else ""))


def _rows(text: str) -> list[list[str]]:
    """The cells of a Markdown table (without its line of dashes), of CSV or of tab-separated lines."""
    text = unfenced(text)
    if text.startswith("|"):
        cut = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines()]
        return [row for row in cut if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    by = "\t" if "\t" in text.partition("\n")[0] else ","
    return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=by) if row]


def _grid(rows: Sequence[Sequence[str]], columns: Sequence[str], exactly: int | None, at_least: int) -> Finding:
    head, *body = rows or [[]]
    if list(head) != list(columns):
        return Finding(False, f"columns {'、'.join(head)}")
    if any(len(row) != len(columns) or not all(row) for row in body):
        return Finding(False, "a row with empty or missing cells")
    return bounded(len(body), "rows", exactly, at_least, None)
