"""Conditions on lengths and on words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from .finding import Finding, bounded, characters, lines, sentences


def has_characters(text: str, *, at_least: int = 0, at_most: int | None = None) -> Finding:
    """So many characters, white space not counted."""
    return bounded(characters(text), "characters", None, at_least, at_most)


def has_sentences(text: str, *, exactly: int | None = None, at_least: int = 0, at_most: int | None = None) -> Finding:
    return bounded(len(sentences(text)), "sentences", exactly, at_least, at_most)


def has_lines(text: str, *, exactly: int | None = None, longest: int | None = None) -> Finding:
    """So many lines that are not blank, none longer than `longest` characters."""
    found = lines(text)
    too_long = max((characters(line) for line in found), default=0)
    if longest is not None and too_long > longest:
        return Finding(False, f"a line of {too_long} characters")
    return bounded(len(found), "lines", exactly, 1, None)


def has_paragraphs(text: str, *, exactly: int, at_least: int = 1) -> Finding:
    """So many paragraphs between blank lines, each of at least so many characters."""
    found = [part for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    shortest = min((characters(part) for part in found), default=0)
    if shortest < at_least:
        return Finding(False, f"a paragraph of {shortest} characters")
    return bounded(len(found), "paragraphs", exactly, 1, None)


def sentence_length(text: str, *, at_most: int) -> Finding:
    longest = max((characters(sentence) for sentence in sentences(text)), default=0)
    return Finding(0 < longest <= at_most, f"the longest sentence has {longest} characters")


def shrinking_lines(text: str) -> Finding:
    """Every line is shorter than the one before."""
    found = [characters(line) for line in lines(text)]
    return Finding(bool(found) and all(a > b for a, b in pairwise(found)), f"lengths {found}")


def contains(text: str, *, words: Sequence[str]) -> Finding:
    """All of the words."""
    missing = [word for word in words if word not in text]
    return Finding(not missing, f"without {'、'.join(missing)}" if missing else "all words")


def contains_any(text: str, *, words: Sequence[str]) -> Finding:
    found = [word for word in words if word in text]
    return Finding(bool(found), f"with {'、'.join(found)}" if found else f"none of {'、'.join(words)}")


def forbids(text: str, *, words: Sequence[str]) -> Finding:
    """None of the words, in a text that says something."""
    found = [word for word in words if word in text]
    return Finding(not found and bool(text.strip()), f"with {'、'.join(found)}" if found else "none of the words")


def repeats(text: str, *, word: str, exactly: int) -> Finding:
    return bounded(text.count(word), f"times {word}", exactly, 0, None)


def ordered(text: str, *, words: Sequence[str]) -> Finding:
    """All of the words; each first stands after the one before."""
    places = [text.find(word) for word in words]
    if -1 in places:
        return Finding(False, f"without {words[places.index(-1)]}")
    return Finding(places == sorted(places), "in order" if places == sorted(places) else "in another order")
