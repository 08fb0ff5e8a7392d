"""How vocabularies spell text: with `▁` for a space, or each byte as one character."""

from __future__ import annotations

import re
from collections.abc import Container

SPACE, BYTE_SPACE = "▁", "Ġ"
SPACES = SPACE + BYTE_SPACE
BYTE = re.compile(r"<0x[0-9A-F]{2}>")

JAPANESE = re.compile(r"[‐-‧‰-※℀-⇔①-⑳─-♯　-ヿ㈀-㏿㐀-鿿豈-﫿！-￯]+")
"""Kana, kanji and full-width forms, with the dashes, arrows, numbers in circles and shapes of everyday documents."""

_AS_THEMSELVES = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_OTHERS = [value for value in range(256) if value not in _AS_THEMSELVES]
BYTE_OF = {chr(value): value for value in _AS_THEMSELVES} | {chr(256 + n): value for n, value in enumerate(_OTHERS)}
"""GPT-2's alphabet: a printable byte is its own character, the others follow from U+0100 on."""

_LEADS = (*range(0xE3, 0xEA), 0xEF)
"""First bytes, in UTF-8, of kana, kanji and full-width forms."""
_FOLLOWS = range(0x80, 0xC0)


def is_byte_level(vocabulary: Container[str]) -> bool:
    return BYTE_SPACE in vocabulary and SPACE not in vocabulary


def text_of(token: str, byte_level: bool) -> bytes:
    """A token's text in UTF-8; of a byte-level one perhaps not whole characters. Empty for what is no text."""
    if not byte_level:
        return token.replace(SPACE, " ").encode("utf-8", "ignore")
    return bytes(BYTE_OF[each] for each in token) if all(each in BYTE_OF for each in token) else b""


def japanese(text: bytes) -> bool:
    """Whether a token may belong to Japanese writing: whole characters that Shift_JIS knows, or a part of one.

    A single character may be any that Shift_JIS knows, so also `×` and `α`.
    """
    bare = text.strip(b" ")
    whole = bare.decode("utf-8", "ignore")
    if whole:
        return _in_shift_jis(whole) and (len(whole) == 1 or JAPANESE.fullmatch(whole) is not None)
    return bool(bare) and (bare[0] in _LEADS or bare[0] in _FOLLOWS)


def _in_shift_jis(text: str) -> bool:
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True
