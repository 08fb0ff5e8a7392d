"""What `kitae init` guesses from a folder of documents. Each guess stands in kitae.toml, to be corrected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from .decode import Undecodable, decode
from .files import FORMATS

READABLE = tuple(FORMATS)
"""Endings of the files that are read."""

ENOUGH = 200_000
"""Bytes of text after which a guess will not change any more."""

_JAPANESE = re.compile(r"[぀-ヿ㐀-鿿]")
_STRUCTURE = re.compile(r"^(?:#{1,6}\s|第[0-9０-９一二三四五六七八九十百]+[条章節]|<h[1-6])", re.MULTILINE)


def readable_files(folder: Path) -> list[Path]:
    """Files below the folder that kitae reads, hidden ones left out."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix.lower() in READABLE)
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def guess_language(folder: Path) -> Literal["ja", "en"]:
    """`ja` where a tenth of the letters are Japanese: company documents in Japanese are full of Latin names."""
    japanese = letters = 0
    for text in _texts(folder):
        japanese += len(_JAPANESE.findall(text))
        letters += sum(character.isalpha() for character in text)
    return "ja" if japanese * 10 >= letters else "en"


def guess_profile(folder: Path) -> Literal["handbook", "plain"]:
    """`handbook` where most documents have headings or articles."""
    structured = [bool(_STRUCTURE.search(text)) for text in _texts(folder)]
    return "handbook" if sum(structured) * 2 >= len(structured) else "plain"


def _texts(folder: Path) -> Iterator[str]:
    seen = 0
    for file in readable_files(folder):
        if seen > ENOUGH:
            return
        data = file.read_bytes()
        seen += len(data)
        try:
            yield decode(data).text
        except Undecodable:
            continue  # reading it in earnest will name it
