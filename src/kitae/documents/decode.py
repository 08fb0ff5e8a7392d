"""Bytes → text: which encoding a file of Japanese or plain ASCII text is in, found by its content."""

from __future__ import annotations

import codecs
import functools
import re
from collections import Counter
from dataclasses import dataclass

BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    # The four bytes of UTF-32 begin with the two of UTF-16, so they are looked for first.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# What office people and web pages call Shift_JIS is CP932: the strict codec refuses ①, ㈱ and 髙.
# EUC-JP with the same vendor characters is what euc_jis_2004 reads; it is tried after the strict codec.
CANDIDATES = ("cp932", "euc_jp", "euc_jis_2004")
SEVEN_BIT = ("iso2022_jp", "iso2022_jp_ext")
WESTERN = ("cp1252",)

NAMES = {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "cp932": "cp932",
    "euc-jp": "euc_jp",
    "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "iso-8859-1": "cp1252",
    "windows-1252": "cp1252",
    "latin1": "cp1252",
}
"""What a page may call its encoding, and what is meant by it (as browsers read it)."""

PLAUSIBLE = 0.45
"""Mean weight per character outside ASCII. Real files decoded rightly have 0.8 and more; a list of part names in
half-width kana and vendor characters 0.6."""
DECLARED_WINS = 0.2
"""So much less plausible may the declared encoding look than the best one and still be believed."""

ALL_HALF_WIDTH = 0.75
"""Of text in half-width kana alone, as old systems print it: the same bytes in EUC-JP are kanji without any kana
between them (0.7 at most), while kana in EUC-JP, which look like half-width kana in CP932, weigh 1."""
_HALF_WIDTH_WORDS = re.compile("(?:[ｱ-ﾝ](?:(?<=[ｳｶ-ﾄﾊ-ﾎ])ﾞ|(?<=[ﾊ-ﾎ])ﾟ)?[ｧ-ｰ]?)+")

# What begins files that are no text, whatever their name says.
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive or an Office file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
)

_DECLARED = re.compile(rb"""(?:charset\s*=\s*|encoding\s*=\s*)["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_ONLY_JAPANESE = re.compile("[\u3041-\u30fa（）「」ｱ-ﾝ]")
_ASCII = re.compile(r"[\x00-\x7f]+")
_SAMPLE = 40_000


@dataclass(frozen=True)
class Decoded:
    """Text, and the encoding it was in (Python's name of it)."""

    text: str
    encoding: str


class Undecodable(ValueError):
    """The bytes are no text, or none that is recognised. The message completes `this file is …`."""


def decode(data: bytes, *, declared: str = "") -> Decoded:
    """The text of a file.

    A byte order mark decides. After it UTF-8, since Japanese in another encoding is practically never valid UTF-8;
    then the encoding that makes the most plausible Japanese, a declared one being preferred among near-equals.

    Args:
        declared: What the file calls itself, in any spelling; it is believed only as far as the bytes agree.

    Raises:
        Undecodable: binary content, or an encoding that is not recognised.
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return Decoded(_strictly(data[len(mark) :], encoding), encoding)
    for magic, what in MAGIC:
        if data.startswith(magic):
            raise Undecodable(f"{what}, whatever its name says")
    # Ctrl-Z ended a text file under DOS; some editors still write it.
    data = data.removesuffix(b"\x1a")
    if b"\x00" in data:
        raise Undecodable("binary: it has zero bytes")
    text = _seven_bit(data) or _try(data, "utf-8") or _most_plausible(data, NAMES.get(declared.lower(), ""))
    if text is None:
        raise Undecodable("in an encoding that is not recognised, or damaged")
    if _CONTROL.search(text.text):
        raise Undecodable("binary: it has control characters")
    return text


def declared_encoding(data: bytes) -> str:
    """What a page says in `<meta charset>` or in its XML declaration; empty where it says nothing."""
    found = _DECLARED.search(data[:4096])
    return found[1].decode("ascii") if found else ""


def plausibility(text: str) -> float:
    """How much the characters outside ASCII look like Japanese prose: mean weight from -1 to 1; 1 without any."""
    beyond = {character: count for character, count in Counter(text[:_SAMPLE]).items() if character > "\x7f"}
    if not beyond:
        return 1.0
    if _HALF_WIDTH_WORDS.fullmatch(_ASCII.sub("", text[:_SAMPLE])):
        return ALL_HALF_WIDTH
    return sum(_weight(character) * count for character, count in beyond.items()) / sum(beyond.values())


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Undecodable(f"damaged: it begins as {encoding} and is not (byte {error.start})") from None


def _try(data: bytes, encoding: str) -> Decoded | None:
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        return None


def _seven_bit(data: bytes) -> Decoded | None:
    """ISO-2022-JP is valid ASCII to a careless reader: the escapes give it away."""
    if b"\x1b" not in data or not data.isascii():
        return None
    return next(filter(None, (_try(data, encoding) for encoding in SEVEN_BIT)), None)


def _most_plausible(data: bytes, declared: str) -> Decoded | None:
    tried = (_try(data, encoding) for encoding in CANDIDATES)
    found = [text for text in tried if text is not None]
    scores = {text.encoding: plausibility(text.text) for text in found}
    best = max(found, key=lambda text: scores[text.encoding], default=None)
    if declared in scores and best and scores[declared] >= max(PLAUSIBLE, scores[best.encoding] - DECLARED_WINS):
        return next(text for text in found if text.encoding == declared)
    if best and scores[best.encoding] >= PLAUSIBLE:
        return best if best.encoding == "cp932" or _may_be_euc_jp(best.text) else None
    # A Western page is only believed when it says so: almost any bytes are valid CP1252.
    return _try(data, declared) if declared in WESTERN else None


def _may_be_euc_jp(text: str) -> bool:
    """Chinese and Korean in their own EUC encodings are valid EUC-JP too: kanji after kanji, no kana, no brackets."""
    beyond = _ASCII.sub("", text[:_SAMPLE])
    return len(beyond) < 6 or _ONLY_JAPANESE.search(beyond) is not None


@functools.cache
def _weight(character: str) -> float:
    """Weight of one character. Wrongly decoded bytes give rare kanji, half-width kana and vendor symbols."""
    code = ord(character)
    if 0x3040 <= code <= 0x30FF or character in "、。「」『』（）々　・〜～":
        return 1.0
    if 0xFF01 <= code <= 0xFF5E:
        return 0.8
    if 0xFF61 <= code <= 0xFF9F:
        return 0.3
    if 0xE000 <= code <= 0xF8FF or code == 0xFFFD:
        return -1.0
    row = _row(character)
    if 16 <= row <= 47:
        return 0.7
    if 1 <= row <= 8:
        return 0.6 if row <= 2 else 0.5
    if row:
        return 0.1
    return 0.3 if _is_vendor(character) else -0.2


def _is_vendor(character: str) -> bool:
    """①, ㈱, 髙 and the like: in CP932 and not in the standard."""
    try:
        return len(character.encode("cp932")) == 2
    except UnicodeEncodeError:
        return False


def _row(character: str) -> int:
    """Row in JIS X 0208: 16 to 47 are the common kanji of level 1; 0 for what is not in it."""
    try:
        encoded = character.encode("euc_jp")
    except UnicodeEncodeError:
        return 0
    return encoded[0] - 0xA0 if len(encoded) == 2 and encoded[0] > 0xA0 else 0
