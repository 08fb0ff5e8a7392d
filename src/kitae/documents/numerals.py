"""Numbers of articles and chapters: 20, ２０, 二十, 二〇."""

from __future__ import annotations

import unicodedata

NUMERAL = r"(?:[0-9０-９]{1,4}|[一二三四五六七八九十百千〇]{1,9})"
"""Pattern of such a number."""

_DIGITS = {kanji: value for value, kanji in enumerate("〇一二三四五六七八九")}
_PLACES = {"十": 10, "百": 100, "千": 1000}


def number_of(written: str) -> int:
    """The value of a numeral: `number_of("百二十三") == number_of("１２３") == 123`."""
    if written[0] not in _DIGITS and written[0] not in _PLACES:
        return int(unicodedata.normalize("NFKC", written))
    if not any(character in _PLACES for character in written):
        return int("".join(str(_DIGITS[character]) for character in written))
    total, digit = 0, 0
    for character in written:
        if character in _PLACES:
            total += max(digit, 1) * _PLACES[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit
