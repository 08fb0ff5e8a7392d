"""Conditions on the shape of a text: how it begins and ends, lists, headings, fixed forms."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .finding import Finding, bounded, lines


def starts(text: str, *, words: str) -> Finding:
    return Finding(text.strip().startswith(words), f"begins with {text.strip()[: len(words)]}")


def ends(text: str, *, words: str) -> Finding:
    return Finding(text.strip().endswith(words), f"ends with {text.strip()[-len(words) :]}")


def pattern(text: str, *, pattern: str, says: str) -> Finding:
    """The whole text has this form."""
    return Finding(re.fullmatch(pattern, text.strip()) is not None, f"wanted: {says}")


def matches(text: str, *, pattern: str, says: str) -> Finding:
    """Somewhere in the text stands this form."""
    return Finding(re.search(pattern, text) is not None, f"wanted: {says}")


def each_line(text: str, *, pattern: str, says: str) -> Finding:
    """Every line that is not blank has this form."""
    found = lines(text)
    wrong = next((line for line in found if not re.fullmatch(pattern, line)), "")
    return Finding(bool(found) and not wrong, f"wanted: {says}; found: {wrong}" if wrong else says)


def line_heads(text: str, *, heads: Sequence[str]) -> Finding:
    """The lines begin with these words, in this order, and say something after them."""
    found = lines(text)
    for head, line in zip(heads, found, strict=False):
        if not line.startswith(head) or not line[len(head) :].strip(" 、　"):
            return Finding(False, f"wanted: {head}; found: {line}")
    return bounded(len(found), "lines", len(heads), 0, None)


def heads(text: str, *, word: str) -> Finding:
    """The first characters of the lines, read downwards, are the word."""
    found = "".join(line[0] for line in lines(text))
    return Finding(found == word, f"reads {found}")


_NUMBERED = re.compile(r"([0-9０-９]{1,3})[.．]\s*\S.*")


def numbered(text: str, *, exactly: int) -> Finding:
    """Lines numbered from 1 on and nothing else."""
    found = [_NUMBERED.fullmatch(line) for line in lines(text)]
    numbers = [int(each[1]) for each in found if each]
    if None in found:
        return Finding(False, "more than the list")
    return Finding(numbers == list(range(1, exactly + 1)), f"numbers {numbers}")


def bullets(
    text: str, *, mark: str, exactly: int | None = None, at_least: int = 1, at_most: int | None = None
) -> Finding:
    """Lines that begin with the mark and nothing else."""
    found = lines(text)
    if any(not line.startswith(mark) or not line[len(mark) :].strip() for line in found):
        return Finding(False, "more than the list")
    return bounded(len(found), "items", exactly, at_least, at_most)


def headings(text: str, *, titles: Sequence[str], level: int) -> Finding:
    """Markdown headings of one level with these titles in this order, each with text below it."""
    parts = re.split(r"^(#{1,6})[ \u3000]+(.+?)\s*$", text.strip(), flags=re.MULTILINE)
    marks, found, bodies = parts[1::3], parts[2::3], parts[3::3]
    if found != list(titles) or {len(mark) for mark in marks} != {level}:
        return Finding(False, f"headings {'、'.join(found) or 'none'}")
    return Finding(all(body.strip() for body in bodies), f"{len(found)} sections")


def quoted(text: str) -> Finding:
    """One pair of 「」 around everything."""
    inside = re.fullmatch(r"「([^「」]+)」", text.strip())
    return Finding(inside is not None, "in brackets" if inside else "not one pair of 「」 around all")


def mail(text: str) -> Finding:
    """A subject in the first line, a blank one, and a body."""
    first, blank, *body = [*text.strip().splitlines(), "", ""]
    kept = first.startswith("件名：") and len(first) > 3 and not blank.strip() and bool("".join(body).strip())
    return Finding(kept, "subject, blank line, body" if kept else "not a subject, a blank line and a body")


def fenced(text: str, *, language: str) -> Finding:
    """One block of code and nothing around it."""
    found = re.fullmatch(rf"```(?:{re.escape(language)})?\n(.+?)\n?```", text.strip(), flags=re.DOTALL)
    alone = found is not None and "```" not in found[1]
    return Finding(alone, "one block" if alone else "not one block of code alone")
