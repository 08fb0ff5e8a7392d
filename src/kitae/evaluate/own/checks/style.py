"""Conditions on style: 敬体 and 常体, scripts, digits, readings, morae."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from .finding import Finding, lines, sentences

Script = Literal["hiragana", "katakana", "kanji", "latin"]

_AFTER = r"(?:か|ね|よ|よね|が)?"
_CLOSING = "。！？!?」』）) \u3000"
_POLITE = re.compile(
    rf"(?:です|ます|でした|ました|ません|ましょう|でしょう|ください|下さい|くださいませ|なさい){_AFTER}$"
)
# 励ます and its like are plain verbs that only look polite.
_PLAIN_VERB = re.compile(r"(?:[励済冷覚悩澄醒騙眩]ま?|はげ|なや|だ|さ|す|くら)ます$")
_POLITE_INSIDE = re.compile(
    r"(?:です|ます|でした|ました|ません|ください|下さい)(?=[、。！？!?]|が、|か[。、]|ので|から|けれど|$)"
)


def polite(text: str) -> Finding:
    """敬体: every sentence ends in です, ます or another polite form."""
    return _every_sentence(text, _is_polite, "not polite")


def plain(text: str) -> Finding:
    """常体: every sentence has kana, and none has a polite form."""
    return _every_sentence(text, _is_plain, "not plain")


def sentence_ends(text: str, *, ending: str) -> Finding:
    """Every sentence ends in these words."""
    return _every_sentence(text, lambda sentence: sentence.endswith(ending), f"does not end in {ending}")


def _every_sentence(text: str, good: Callable[[str], bool], trouble: str) -> Finding:
    found = sentences(text)
    wrong = next((sentence for sentence in found if not good(sentence)), "")
    if wrong:
        return Finding(False, f"{trouble}: {wrong}")
    return Finding(bool(found), f"{len(found)} sentences" if found else "no sentence")


def _is_polite(sentence: str) -> bool:
    end = sentence.rstrip(_CLOSING)
    return _POLITE.search(end) is not None and not _PLAIN_VERB.search(end)


def _is_plain(sentence: str) -> bool:
    end = sentence.rstrip(_CLOSING)
    inside = _POLITE_INSIDE.search(sentence) is not None and not _PLAIN_VERB.search(end)
    return re.search(r"[ぁ-んァ-ヶ]", sentence) is not None and not inside and not _is_polite(sentence)


_SCRIPTS: dict[Script, re.Pattern[str]] = {
    "hiragana": re.compile(r"[ぁ-ゖゝゞ]"),
    "katakana": re.compile(r"[ァ-ヺヽヾｦ-ﾟ]"),
    "kanji": re.compile(r"[々〆\u3400-\u9fff\uf900-\ufaff]"),
    "latin": re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]"),
}


def only(text: str, *, scripts: Sequence[Script]) -> Finding:
    """Letters and digits of these scripts alone; ー goes with any, punctuation is free."""
    letters = [character for character in text if character.isalnum() and character != "ー"]
    other = [letter for letter in letters if not any(_SCRIPTS[script].match(letter) for script in scripts)]
    return Finding(bool(letters) and not other, f"with {''.join(other[:5])}" if other else f"{len(letters)} letters")


def without(text: str, *, scripts: Sequence[Script]) -> Finding:
    """Japanese without any letter of these scripts."""
    found = [letter for letter in text if any(_SCRIPTS[script].match(letter) for script in scripts)]
    says = re.search(r"[ぁ-んァ-ヶ一-龥]", text) is not None
    return Finding(says and not found, f"with {''.join(found[:5])}" if found else "none of them")


_WIDTHS = {
    "full": (re.compile(r"[０-９]"), re.compile(r"[0-9]")),
    "half": (re.compile(r"[0-9]"), re.compile(r"[０-９]")),
    "kanji": (re.compile(r"[〇一二三四五六七八九十百千万億]"), re.compile(r"[0-9０-９①-⑳]")),
}


def digits(text: str, *, width: Literal["full", "half", "kanji"]) -> Finding:
    """At least one numeral of this form and none of another."""
    wanted, unwanted = _WIDTHS[width]
    other = unwanted.findall(text)
    return Finding(wanted.search(text) is not None and not other, f"with {''.join(other[:5])}" if other else width)


_RUN = re.compile(r"[々〆\u3400-\u9fff]+")


def ruby(text: str) -> Finding:
    """Every run of kanji is followed by its reading: 駅（えき）."""
    runs = list(_RUN.finditer(text))
    bare = [run[0] for run in runs if not re.match(r"[（(][ぁ-んー]+[）)]", text[run.end() :])]
    return Finding(bool(runs) and not bare, f"no reading for {bare[0]}" if bare else f"{len(runs)} readings")


_SMALL = re.compile(r"[ぁぃぅぇぉゃゅょゎ]")


def morae(text: str, *, counts: Sequence[int]) -> Finding:
    """Lines of hiragana with so many morae: きょ is one, っ, ん and ー are one each."""
    found = [re.sub(r"[\s、。]", "", line) for line in lines(text)]
    if any(re.fullmatch(r"[ぁ-んー]+", line) is None for line in found):
        return Finding(False, "not in hiragana alone")
    counted = [len(_SMALL.sub("", line)) for line in found]
    return Finding(counted == list(counts), f"{'-'.join(map(str, counted))} morae")
