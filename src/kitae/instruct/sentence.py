"""A Japanese sentence cut into its clauses."""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
from typing import Literal

from .japanese import Word, words

Role = Literal["topic", "condition", "clause", "noun", "adverb", "lead", "final"]

_LEAD = re.compile(r"^(?:但し|ただし|なお|また|又|さらに|更に|そのうえで|ただ|そのため|それにより|よって|まず|一方)$")
_CONDITION = re.compile(
    r"(?:とき|(?<![0-9０-９一二三四五六七八九十])時|場合|際|うえ|上|限り|ため)(?:は|に|には|においては|において|で|にあっては|も|にも|に限り|に限って|にも限り)?$"
)
_TOPIC = re.compile(r"(?:は|については|に対しては|に関しては|としては|とは|もの|者については)$")
# Ends like a verb, is none: において, により, をもって, として, に対し, に基づき.
_PARTICLE = re.compile(
    r"(?:に(?:おいて|つき|ついて|より|よって|より|対し|対して|関し|関して|応じ|応じて|基づき|基づいて|際し|際して|従い|従って|あたり|当たり|加え|加えて|代え|代えて|係り|わたり|先立ち|限り)"
    r"|を(?:もって|以て|以って|除き|除いて|問わず|含め|含めて|通じて|経て|経由して|添えて)|と(?:して|同時に|ともに)|よって|したがって|かかわらず|関わらず|よらず)$"
)
_BRACKETS = re.compile(r"（[^（）]*（[^（）]*）[^（）]*）|（[^（）]*）|\([^()]*\)|〔[^〔〕]*〕")


_NO_TOPIC = frozenset({"場合", "とき", "時", "際", "後", "前", "間", "うえ", "上", "もの", "ほか"})


@dataclass(frozen=True)
class Segment:
    """A stretch of a sentence up to its 、 and what it does there."""

    text: str
    start: int
    role: Role

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def without_brackets(text: str) -> str:
    """The sentence without what stands in round brackets."""
    return _BRACKETS.sub("", text)


def segments(sentence: str) -> list[Segment]:
    """The sentence (without its full stop) at its 、, outside of 「」 and brackets."""
    found: list[Segment] = []
    start, depth = 0, 0
    for place, character in enumerate(sentence):
        depth += (character in "「『（(") - (character in "」』）)")
        if character in "、，" and depth == 0:
            found.append(_segment(sentence[start:place], start))
            start = place + 1
    if start < len(sentence) or not found:
        found.append(Segment(sentence[start:], start, "final"))
    return found


def _segment(text: str, start: int) -> Segment:
    return Segment(text, start, _role(text.strip()))


def _role(text: str) -> Role:
    if _LEAD.match(text):
        return "lead"
    if _PARTICLE.search(text):
        return "adverb"
    if re.search(r"[るいただ]こと$|もの$", text):
        return "noun"
    if _CONDITION.search(text) and not re.search(r"(?:以上|年以上|向上)$", text):
        return "condition"
    found = words(text)
    if not found:
        return "adverb"
    last = found[-1]
    if _verbal_noun(found, text):
        return "clause"
    if _TOPIC.search(text) and last.kind.startswith("助詞"):
        return "topic"
    if last.surface in ("ば", "が", "けれども") and last.kind.startswith("助詞-接続"):
        return "condition"
    if last.surface == "で" and not last.kind.startswith("助詞-接続"):
        # 利用料は700円で、 is a statement; 5日の範囲内で、 is not.
        return "clause" if re.search(r"[一-龥ァ-ヶー]は", text) and "については" not in text else "adverb"
    if last.surface in ("て", "ず") or last.form.startswith("連用形"):
        return (
            "clause"
            if not last.kind.startswith(("形容詞", "形状詞")) and last.surface not in ("に", "く")
            else "adverb"
        )
    if last.is_noun or last.surface in ("まで", "ごと", "又は", "及び", "並びに", "かつ", "若しくは"):
        return "noun"
    return "adverb"


@functools.lru_cache(maxsize=65536)
def has_topic(text: str) -> bool:
    """Whether a stretch names its own topic (`終業時刻は午後5時`); 場合は and ときは name none."""
    found = words(text)
    return any(
        two.surface == "は" and two.kind.startswith("助詞") and one.is_noun and one.surface not in _NO_TOPIC
        for one, two in itertools.pairwise(found)
    )


def _verbal_noun(found: tuple[Word, ...], text: str) -> bool:
    """締め切り in `20日をもって締め切り、` is a verb that the dictionary takes for a noun."""
    if len(found) < 2 or not found[-1].is_noun or found[-1].surface[-1:] not in "いきぎしちにびみりえけせてねべめれ":
        return False
    return found[-2].kind.startswith("助詞") and words(text + "ます")[-2].is_verb
