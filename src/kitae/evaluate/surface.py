"""Scores that need neither a judge nor an answer key: what is wrong with an answer at first sight.

They stand beside every judged score. A judge forgives an answer in the wrong language, one that was cut off, and one
that says the same thing ten times; a reader does not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import Any, Final, Literal

from pydantic import Field

from ..core.generation import Finish
from ..core.noun import Noun
from .clusters import EVERYTHING, SHARE, Bounds, clustered, ratio
from .judging.asked import Answer
from .normalise import normalise
from .scoring import char_f1
from .statistics import Estimate, Interval, estimate, per_question

Tongue = Literal["ja", "zh", "ko", "en", "other", "none"]
"""`none`: too few letters to say."""

LETTERS = 20
"""With fewer letters the language is not judged: a name, a number, a line of code is in none."""
KANA = 0.05
"""Share of kana in the kana and kanji. Prose has half; notes in the style of headlines reach it; Chinese has none."""
LATIN_WEIGHT = 0.3
"""A Latin letter counts as so many Japanese ones, about what either says: a sentence of English titles with は and です
stays Japanese."""
TONGUES: tuple[Tongue, ...] = ("ja", "zh", "ko", "en", "other")
GRAM = 10
"""Characters that are compared when looking for repetition: longer than set phrases of politeness are on average."""
LOOPING = 0.4
"""Share of repeated 10-grams from which on an answer counts as repeating itself."""

_KANA = re.compile(r"[ぁ-ゖァ-ヺーｦ-ﾟ]")
_HAN = re.compile(r"[々〆\u3400-\u9fff\uf900-\ufaff]")
_HANGUL = re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")
_LATIN = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)


class Surface(Noun):
    """What one answer looks like."""

    characters: int
    """Without white space."""
    sentences: int
    japanese: float | None
    """Share of Japanese letters, code left out; `None` where there is no letter."""
    language: Tongue
    wrong_language: bool | None
    """`None` where nobody says which is right."""
    refused: bool
    cut_off: bool
    repetition: float
    """Share of repeated 10-grams, 0 to 1."""
    loops: bool


class Surfaces(Noun):
    """Shares over many answers, between 0 and 1; means of lengths."""

    n: int
    empty: float
    japanese: float | None
    """Mean over the answers that have letters."""
    wrong_language: float | None
    """`None` where nobody says which is right."""
    refused: float
    cut_off: float
    repetition: float
    """Mean over the answers."""
    loops: float
    characters: float
    sentences: float
    intervals: dict[str, Interval] = Field(default_factory=dict)
    """Of these figures, by their names, where it is known what is clustered."""


FIGURES: Final[dict[str, Callable[[Surface], float | None]]] = {
    "empty": lambda each: each.characters == 0,
    "japanese": lambda each: each.japanese,
    "wrong_language": lambda each: each.wrong_language,
    "refused": lambda each: each.refused,
    "cut_off": lambda each: each.cut_off,
    "repetition": lambda each: each.repetition,
    "loops": lambda each: each.loops,
    "characters": lambda each: each.characters,
    "sentences": lambda each: each.sentences,
}
"""What is told of many answers, and how it is read from one; `None` of those that are left out."""
LENGTHS = ("characters", "sentences")
"""Of these, those that are no shares."""


def surface(text: str, finish: Finish = "stop", *, expected: Tongue | None = "ja") -> Surface:
    """Looks at an answer.

    Args:
        text: As the model wrote it.
        finish: `length` if it was cut off at the limit of tokens.
        expected: The language that it should be in; `None` where nobody says.
    """
    found = language(text)
    return Surface(
        characters=len(re.sub(r"\s", "", text)),
        sentences=len([part for part in re.split(r"[。！？!?\n]+", text) if any(c.isalnum() for c in part)]),
        japanese=japanese_share(text),
        language=found,
        wrong_language=None if expected is None else found not in (expected, "none"),
        refused=refuses(text),
        cut_off=cut_off(text, finish),
        repetition=repetition(text),
        loops=loops(text),
    )


def looked_at(answers: Iterable[Answer], *, expected: Tongue | None) -> list[tuple[str, Surface]]:
    """What every turn of every answer looks like, with the id of its question; what was refused looks like nothing."""
    ends = ((each, zip_longest(each.turns, each.finishes, fillvalue="stop")) for each in answers)
    return [
        (each.question, surface(text, "length" if end == "length" else "stop", expected=expected))
        for each, turns in ends
        for text, end in turns
        if end != "refused"
    ]


def beside(found: Sequence[Surface], questions: Sequence[str] = ()) -> Surfaces | None:
    """Shares and means over answers; `None` where there is none.

    Args:
        questions: What each answer is to, which errors are clustered by; without them there are no intervals.
    """
    if not found:
        return None
    means: dict[str, Any] = {name: _mean(map(read, found)) for name, read in FIGURES.items()}
    return Surfaces(n=len(found), intervals=_intervals(found, questions) if questions else {}, **means)


def _mean(values: Iterable[float | None]) -> float | None:
    listed = [value for value in values if value is not None]
    return sum(listed) / len(listed) if listed else None


def _intervals(found: Sequence[Surface], questions: Sequence[str]) -> dict[str, Interval]:
    told = {}
    for name, read in FIGURES.items():
        pairs = [(question, read(each)) for question, each in zip(questions, found, strict=True)]
        values = [(question, float(value)) for question, value in pairs if value is not None]
        told[name] = _interval(values, EVERYTHING if name in LENGTHS else SHARE)
    return {name: interval for name, interval in told.items() if interval is not None}


def _interval(values: Sequence[tuple[str, float]], bounds: Bounds) -> Interval | None:
    """Where a question's answers are all so or all otherwise, it is that of a share of questions."""
    whole = list(per_question(values).values())
    if bounds == SHARE and set(whole) <= set(SHARE):
        return estimate(whole).interval
    return clustered([value for _, value in values], [question for question, _ in values], bounds).interval


def japanese_share(text: str) -> float | None:
    """Kana and kanji among all letters outside of code blocks; Chinese counts too, so look at `language` as well."""
    letters = _letters(text)
    return (len(_KANA.findall(letters)) + len(_HAN.findall(letters))) / len(letters) if letters else None


def _letters(text: str) -> str:
    """Outside of code blocks."""
    return "".join(filter(str.isalpha, _CODE.sub("", text)))


def language(text: str) -> Tongue:
    """The language of most of the text outside of code blocks, Latin letters weighed as `LATIN_WEIGHT` says."""
    joined = _letters(text)
    if len(joined) < LETTERS:
        return "none"
    kana, han = len(_KANA.findall(joined)), len(_HAN.findall(joined))
    weights = {
        "ja" if kana >= KANA * (kana + han) else "zh": float(kana + han),
        "ko": float(len(_HANGUL.findall(joined))),
        "en": LATIN_WEIGHT * len(_LATIN.findall(joined)),
    }
    rest = len(joined) - kana - han - weights["ko"] - weights["en"] / LATIN_WEIGHT
    most: Tongue = max(TONGUES, key=lambda tongue: weights.get(tongue, rest if tongue == "other" else 0.0))
    return most


_HELPING = r"(?:ご?(?:回答|協力|対応|提供|案内|説明|支援|要望)|お(?:答え|手伝い|力|教え|応え|示し)|サポート|作成)"
_NOT = r"でき(?:ません(?!か|でしょうか)|ない(?:です)?(?=[。！!\n]|ため|ので|$))"
_REFUSAL = re.compile(
    rf"{_HELPING}(?:する|し|いたす)?(?:こと)?(?:は|が|を)?(?:{_NOT}|いたしかね|しかね|できかね)"
    r"|(?:お答え|お応え|お教え|応じ|ご対応|協力|回答)(?:し|いた)?かねます"
    rf"|(?:応じる|教える|助ける|手伝う|答える)ことは(?:{_NOT}|控え)|差し控え(?:させ|ます)|控えさせて(?:いただき|ください)"
    r"|ご要望には(?:お応え|お答え|沿え)|お力になれ(?:ません|ない)"
    r"|\bI(?:'m| am)? (?:can't|cannot|can not|won't|unable to|not able to|sorry,? (?:but )?I (?:can't|cannot))"
)
_OPENING = 120
"""Characters in which a refusal stands; later the same words are about something else."""


def refuses(text: str) -> bool:
    """Whether an answer begins with declining to help. Not knowing is no refusal: see `own.abstain.declines`."""
    return _REFUSAL.search(text[:_OPENING].replace("’", "'")) is not None


_ENDINGS = "。．.！？!?」』）)]】〉》…♪☆`|>}\"'"
_IS_PROSE = re.compile(r"^(?![\s・*#|>\-]|\d+[.．)]|[①-⑳]|.{1,12}[：:]).*(?:、|[はがをにのとで]$)")
_PAIRS = (("「", "」"), ("『", "』"), ("（", "）"), ("【", "】"))


def cut_off(text: str, finish: Finish = "stop") -> bool:
    """Whether an answer stops in the middle.

    It does where the engine says so, where a code block or a bracket of the last line stays open, and where the last
    line is prose, after other prose with full stops, and has none. Lists, headlines and signatures need no full stop.
    """
    if finish == "length":
        return True
    last = text.rstrip().rpartition("\n")[2]
    if text.count("```") % 2 or any(last.count(one) > last.count(two) for one, two in _PAIRS):
        return True
    return "。" in text and last[-1:] not in _ENDINGS and _IS_PROSE.search(last) is not None


def repetition(text: str) -> float:
    """Share of the 10-grams of characters (without white space) that stood in the text before."""
    plain = re.sub(r"\s", "", text)
    grams = [plain[start : start + GRAM] for start in range(len(plain) - GRAM + 1)]
    if len(grams) < 2 * GRAM:
        return 0.0
    return 1 - len(set(grams)) / len(grams)


PIECE = range(2, 61)
"""Characters of what stands over and over at the end of an answer …"""
TIMES = 4
"""… so often …"""
AFTER = 60
"""… with at most so many characters behind it."""


def ends_in_repeats(text: str) -> bool:
    """Whether one piece stands `TIMES` times in a row at the end.

    As a regular expression, `(.{2,60}?)\\1{3}.{0,60}\\Z`, it would take as long as all else that is looked at here.
    Repeats of a piece are a run of characters each of which is as the one a piece before; a run that is long enough
    meets one of the places that are looked at.
    """
    for piece in PIECE:
        needed = (TIMES - 1) * piece
        for place in range(len(text) - 1, max(len(text) - AFTER - needed, piece) - 1, -needed):
            low = high = place
            while low >= piece and text[low] == text[low - piece]:
                low -= 1
            while high < len(text) and text[high] == text[high - piece]:
                high += 1
            if high - low - 1 >= needed and high >= len(text) - AFTER:
                return True
    return False


def loops(text: str) -> bool:
    """Whether an answer repeats itself: too much of it, or one piece over and over to its end.

    Lines and dashes of tables repeat in good answers and are left out.
    """
    plain = re.sub(r"[\s|\-=_・*#─━.…]+", "", text)
    return repetition(plain) >= LOOPING or ends_in_repeats(plain)


def exact(answer: str, gold: Sequence[str]) -> bool:
    """Whether an answer is one of the right ones, apart from widths, numerals, units and the full stop."""
    return normalise(answer) in {normalise(each) for each in gold}


def best_f1(answer: str, gold: Sequence[str]) -> float:
    """Character F1 against the right answer that it is most like, 0 to 1."""
    return max((char_f1(answer, each) for each in gold), default=0.0)


def bits_per_character(nats: Sequence[float], texts: Sequence[str], questions: Sequence[str]) -> Estimate:
    """How many bits a model needs for a character of these texts: lower is better, and vocabularies do not matter.

    Args:
        nats: Of each text `-ln p(text)`, summed over its tokens (see `core.generation.Likelihood`).
        texts: Every character counts, white space too.
        questions: That each text is of: what errors are clustered by.

    Returns:
        Its mean is `None` where the texts have no character.
    """
    return ratio([each / math.log(2) for each in nats], [len(text) for text in texts], questions)
