"""Our own Japanese tokens: the one place that says which words and which pieces of words a text is found by.

Index and question go through the same function, so that any engine which splits at spaces ranks alike.
"""

from __future__ import annotations

import functools
import importlib.metadata
import re
import threading
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import sudachipy

VERSION = 1
"""Counted up whenever the same text would give other tokens; an index of another version is made again."""

PACKAGES = ("sudachipy", "sudachidict-core")

# Sudachi takes at most 49,149 bytes at once; four bytes a character is the worst case.
_AT_ONCE = 12_000

_KEPT = ("名詞", "動詞", "形容詞", "形状詞", "副詞", "接頭辞", "接尾辞", "記号")
_FORMAL = {
    *("事", "こと", "物", "所", "為", "時", "際", "筈", "訳", "儘", "様", "方", "場合", "等", "積もり"),
    *("何", "幾ら", "如何", "どう", "そう", "こう"),
}
"""Nouns and adverbs that carry no content of their own, as Sudachi normalises them."""

_CODE = re.compile(r"(?<![a-z0-9])[a-z0-9]+(?:[-_./+#&@:][a-z0-9]+)*(?![a-z0-9])")
_HYPHENS = re.compile(r"(?<=[a-z0-9])[‐‑‒–—―−ー_](?=[a-z0-9])")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_ARTICLE = re.compile(r"(?<=第)([一二三四五六七八九十百千]+)(?=[条項号章節款編回])")
_RUN = re.compile(r"[a-z0-9]+|[^\W_]")
_HIRAGANA = re.compile(r"[ぁ-ゖー]+")
_KANJI = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff々〆〇]")


class Tokens(NamedTuple):
    """What a text is found by, with repetitions, in order."""

    words: tuple[str, ...]
    """Content words as Sudachi normalises them, part numbers (型番), and numbers with what they count."""
    grams: tuple[str, ...]
    """Pairs of neighbouring characters, and single kanji: the net below words that Sudachi does not know."""

    def telling(self) -> frozenset[str]:
        """Those of which at least one must be in a passage: words but not bare numbers, and pairs of characters."""
        words = (word for word in self.words if not word.isdigit())
        return frozenset(words) | frozenset(gram for gram in self.grams if len(gram) > 1 and not gram.isdigit())


def versions() -> str:
    """What the tokens depend on, in one line: ours, Sudachi's and its dictionary's version."""
    return " ".join([str(VERSION), *(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)])


def fold(text: str) -> str:
    """NFKC, lower case, one kind of hyphen in part numbers, no commas between thousands, 第三十七条 as 第37条.

    `ー`, `々` and `・` stay what they are.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    text = _HYPHENS.sub("-", text)
    # Sudachi reads 三十七条 as 三 and the name of a place, so that ordinals of articles are folded here.
    return _ARTICLE.sub(lambda match: str(_number(match[1])), _THOUSANDS.sub("", text))


def _number(kanji: str) -> int:
    total, digits = 0, ""
    for character in kanji:
        if character in "十百千":
            total += int(digits or "1") * {"十": 10, "百": 100, "千": 1000}[character]
            digits = ""
        else:
            digits += str("〇一二三四五六七八九".index(character))
    return total + int(digits or "0")


def tokens(text: str) -> Tokens:
    """The tokens of a text or a question.

    Sudachi's mode C, without particles, auxiliaries and the verbs that stand in for others (する, できる, もらう): on
    JaQuAD modes A, C and both are equal within 0.001 MRR. Kanji numerals become digits only where Sudachi takes them
    for numbers (三十日, not 一般).
    """
    words: list[str] = []
    grams: list[str] = []
    for line in fold(text).splitlines():
        for at in range(0, len(line), _AT_ONCE):
            _add(line[at : at + _AT_ONCE], words, grams)
    return Tokens(tuple(words), tuple(grams))


def _add(line: str, words: list[str], grams: list[str]) -> None:
    codes = {match.start(): match for match in _CODE.finditer(line) if _is_code(match[0])}
    inside = {place for match in codes.values() for place in range(match.start(), match.end())}
    region = 0
    previous: list[sudachipy.Morpheme] = []
    for morpheme in _analyser().tokenize(line):
        start, end = morpheme.begin(), morpheme.end()
        if start in codes:
            words.extend(_code_words(codes[start][0]))
        if start in inside:
            previous = []
            continue
        if not _has_content(morpheme):
            grams.extend(_pairs(line[region:start]))
            region = end
        else:
            words.append("".join(morpheme.normalized_form().lower().split()))
        if counted := _counted(previous, morpheme):
            words.append(counted)
        previous = [*previous[-1:], morpheme]
    grams.extend(_pairs(line[region:]))


def _is_code(run: str) -> bool:
    """`sv-200a`, `q4`, `03-1234-5678`, `example.jp`; not `excel`, `2000` or `3.5`, which Sudachi normalises."""
    return not re.fullmatch(r"[0-9.:/]+|[a-z]+", run)


def _code_words(run: str) -> Iterator[str]:
    """The whole without hyphens, so that SV-200A and SV200A meet, and its parts, so that SV finds it."""
    whole = run.replace("-", "")
    yield whole
    parts = re.findall(r"[a-z]+|[0-9]+[a-z]*", run)
    if len(parts) > 1:
        yield from (part for part in parts if len(part) > 1)


def _has_content(morpheme: Any) -> bool:
    kind = morpheme.part_of_speech()
    return (
        kind[0] in _KEPT
        and kind[1] not in ("非自立可能", "助動詞語幹", "動詞的", "形容詞的")
        and morpheme.normalized_form() not in _FORMAL
        and _RUN.search(morpheme.surface()) is not None
    )


def _counted(previous: list[Any], morpheme: Any) -> str:
    """`第37条` whole, and a number with its counter: `20日`, `3箇月`. Empty where this ends no such thing."""
    if not previous or previous[-1].part_of_speech()[1] != "数詞":
        return ""
    kind = morpheme.part_of_speech()
    if kind[2] != "助数詞可能" and kind[:2] != ("接尾辞", "名詞的"):
        return ""
    ordinal = "第" if len(previous) > 1 and previous[-2].surface() == "第" else ""
    return "".join(f"{ordinal}{previous[-1].normalized_form()}{morpheme.normalized_form()}".split())


def _pairs(region: str) -> Iterator[str]:
    """Kanji, runs of Latin letters or digits, and pairs of neighbours. A pair of hiragana alone is left out."""
    last, end = "", -1
    for match in _RUN.finditer(region):
        unit = match[0]
        if len(unit) > 1 or _KANJI.match(unit):
            yield unit
        if match.start() == end and not _HIRAGANA.fullmatch(last + unit):
            yield last + unit
        last, end = unit, match.end()


@functools.cache
def _dictionary() -> Any:
    import sudachipy

    return sudachipy.Dictionary(dict="core")


_threads = threading.local()
_loading = threading.Lock()


def _analyser() -> Any:
    """Sudachi for this thread: one dictionary for all, a tokenizer each, which is not safe to share."""
    analyser = getattr(_threads, "analyser", None)
    if analyser is None:
        import sudachipy

        with _loading:
            analyser = _threads.analyser = _dictionary().tokenizer(mode=sudachipy.SplitMode.C)
    return analyser
