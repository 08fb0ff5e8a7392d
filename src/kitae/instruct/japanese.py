"""Japanese words and their inflection, as far as asking a question needs it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import sudachipy

Form = Literal["stem", "negative", "conditional", "te", "plain"]

_GODAN = {
    # ending: (negative, stem, conditional, te)
    "う": ("わ", "い", "え", "って"),
    "く": ("か", "き", "け", "いて"),
    "ぐ": ("が", "ぎ", "げ", "いで"),
    "す": ("さ", "し", "せ", "して"),
    "つ": ("た", "ち", "て", "って"),
    "ぬ": ("な", "に", "ね", "んで"),
    "ぶ": ("ば", "び", "べ", "んで"),
    "む": ("ま", "み", "め", "んで"),
    "る": ("ら", "り", "れ", "って"),
}


@dataclass(frozen=True)
class Word:
    """One morpheme with its place in the text (code points)."""

    surface: str
    start: int
    kind: str
    """Part of speech, joined by `-`: `名詞-普通名詞-サ変可能`."""
    inflection: str
    """Inflection class: `五段-ラ行`, `サ行変格`, `助動詞-ナイ`; empty for words that do not inflect."""
    form: str
    """`終止形-一般`, `連用形-一般` … ; empty for words that do not inflect."""
    lemma: str
    normal: str

    @property
    def end(self) -> int:
        return self.start + len(self.surface)

    @property
    def is_noun(self) -> bool:
        return self.kind.startswith(("名詞", "代名詞", "接尾辞-名詞的", "接頭辞", "形状詞-一般", "記号"))

    @property
    def is_verb(self) -> bool:
        return self.kind.startswith("動詞")

    @property
    def is_number(self) -> bool:
        return self.kind.startswith("名詞-数詞")


@functools.cache
def _tokenizer() -> sudachipy.Tokenizer:
    import sudachipy

    return sudachipy.Dictionary().tokenizer(mode=sudachipy.SplitMode.C)


# Sudachi refuses inputs over 49,149 bytes; a sentence of a company's rules is never near it.
LONGEST = 16_000


@functools.lru_cache(maxsize=4096)
def words(text: str) -> tuple[Word, ...]:
    """The morphemes of a text, long units (mode C)."""
    return tuple(_words(text[:LONGEST])) + (
        tuple(_shifted(words(text[LONGEST:]), LONGEST)) if len(text) > LONGEST else ()
    )


def _words(text: str) -> Iterator[Word]:
    for found in _tokenizer().tokenize(text):
        *kind, inflection, form = found.part_of_speech()
        yield Word(
            surface=found.surface(),
            start=found.begin(),
            kind="-".join(part for part in kind if part != "*"),
            inflection=inflection if inflection != "*" else "",
            form=form if form != "*" else "",
            lemma=found.dictionary_form(),
            normal=found.normalized_form(),
        )


def _shifted(found: tuple[Word, ...], by: int) -> Iterator[Word]:
    for word in found:
        yield Word(word.surface, word.start + by, word.kind, word.inflection, word.form, word.lemma, word.normal)


def inflect(lemma: str, inflection: str, form: Form) -> str:
    """A verb in another form: `inflect("届け出る", "下一段-ダ行", "stem")` is `届け出`.

    Args:
        form: `stem` (before ます), `negative` (before ない), `conditional` (with ば), `te` (with て/で), `plain`.

    Raises:
        ValueError: an inflection class that regulations do not use (文語 …).
    """
    if form == "plain":
        return lemma
    if inflection.startswith("サ行変格") and lemma.endswith(("する", "ずる")):
        voiced = lemma.endswith("ずる")
        base = lemma[:-2]
        stem, conditional = ("じ", "ずれば") if voiced else ("し", "すれば")
        return base + {"stem": stem, "negative": stem, "conditional": conditional, "te": stem + "て"}[form]
    if inflection.startswith("カ行変格"):
        return lemma[:-1] + {"stem": "", "negative": "", "conditional": "れば", "te": "て"}[form]
    if inflection.startswith(("上一段", "下一段", "助動詞-レル", "助動詞-ラレル")) and lemma.endswith("る"):
        return lemma[:-1] + {"stem": "", "negative": "", "conditional": "れば", "te": "て"}[form]
    if inflection.startswith("五段") and lemma[-1:] in _GODAN:
        negative, stem, conditional, te = _GODAN[lemma[-1]]
        if lemma.endswith(("行く", "いく")) and form == "te":
            te = "って"
        if lemma == "ある" and form == "negative":
            return ""
        return lemma[:-1] + {"stem": stem, "negative": negative, "conditional": conditional + "ば", "te": te}[form]
    raise ValueError(f"cannot inflect {lemma} ({inflection})")
