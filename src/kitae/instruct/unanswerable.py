"""Questions whose right reply is that the documents do not tell.

Four sorts: the passage with the answer is taken away; a question is carried over to a topic of which the documents tell
other things; a question about something that stands nowhere; nothing was found at all. The first three show passages
that look right, so that the words of a question never give away whether it can be answered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..core.passage import Passage
from ..core.suite import squeeze
from .absent import more_about, outside
from .everyday import share
from .facts import Fact, key_terms, texts_about, units_in

_KINSHIP = re.compile(r"(?:本人|子女|配偶者|父母|兄弟姉妹|祖父母|妻|夫|(?<![一-龥男女])子(?=が))")
_RELATIVES = ("いとこ", "おじ", "おば", "甥", "姪")
_UNITS = frozenset({"円", "日", "週", "月", "年", "時間", "歳", "回", "人", "率", "日付", "時刻"})
_TOPIC = re.compile(r"^[一-龥ァ-ヶーA-Za-z・]{2,16}$")


@dataclass(frozen=True)
class Open:
    """A question without an answer, and the section it is about."""

    kind: str
    question: str
    section: str
    """Empty where it is about nothing in the documents."""
    shown: tuple[Passage, ...] = ()
    """Passages that have to be in the prompt: the topic's own."""
    frame: str = ""
    """The question without its topic: asked of every topic alike it would give itself away."""


@dataclass(frozen=True)
class Topic:
    """A section's heading with its passages."""

    name: str
    section: str
    passages: tuple[Passage, ...]


def carried_over(facts: Sequence[Fact], topics: Sequence[Topic], passages: Sequence[Passage]) -> Iterator[Open]:
    """A question about one leave asked of another one of which no such value is told."""
    by_ending: dict[str, list[Topic]] = {}
    for topic in topics:
        by_ending.setdefault(topic.name[-2:], []).append(topic)
    for fact in sorted(facts, key=lambda f: share("carried over", f.key)):
        name, question = fact.context.topic, fact.candidate.questions[0]
        if not _TOPIC.match(name) or name not in question or fact.candidate.unit not in _UNITS | {"who"}:
            continue
        if key_terms(question.replace(name, "")) - {"申請", "取得", "承認", "支給", "上限", "給料", "賃金"}:
            continue  # 購入日から何日以内に fits only the purchase of books
        for other in by_ending.get(name[-2:], []):
            if other.name == name or name in other.name or other.name in name:
                continue
            if not _told(fact, other, passages):
                yield Open("unanswerable.other", question.replace(name, other.name), other.section, other.passages)


def _told(fact: Fact, topic: Topic, passages: Sequence[Passage]) -> bool:
    """Whether anything that names the topic has a value of the sort that is asked for."""
    unit = fact.candidate.unit
    texts = texts_about(topic.name, passages) + [p.text for p in topic.passages]
    if unit == "who":
        return any(re.search(r"長|課|部|室|担当|承認|許可|会社に", text) for text in texts)
    same = {"日": {"日", "週", "月", "日付", "年", "時間"}, "日付": {"日付", "日", "月"}}.get(unit, {unit})
    if unit in ("日", "日付", "時刻") and any(
        re.search(r"事前|あらかじめ|前もって|速やか|直ち", text) for text in texts
    ):
        return True  # as good as a day for somebody who asks until when
    return any(units_in(text) & same for text in texts)


def of_relatives(facts: Sequence[Fact], passages: Sequence[Passage]) -> Iterator[Open]:
    """What holds for parents asked for cousins, where no passage names cousins."""
    everything = "".join(squeeze(p.text) for p in passages)
    absent = [word for word in _RELATIVES if word not in everything]
    for fact in facts:
        question = fact.candidate.questions[0]
        if not absent or fact.candidate.kind != "table" or not re.search(r"死亡|結婚|亡く", question):
            continue
        match = _KINSHIP.search(question)
        if match is None or re.search(r"親族|家族", question):
            continue
        who = absent[int(share("relative", fact.key) * len(absent))]
        subject = re.compile(r"^[^、がの]{1,24}?(?=が(?:死亡|結婚|出産))|^[^がの]{1,30}?(?=が(?:死亡|結婚|出産))")
        if subject.search(question):
            yield Open("unanswerable.other", subject.sub(who, question, count=1), fact.section, fact.gold[:1])


def asked_more(topics: Sequence[Topic], passages: Sequence[Passage]) -> Iterator[Open]:
    """What else people ask about a topic: whether a leave can be taken by the hour, whether an allowance is taxed."""
    for topic in sorted(topics, key=lambda t: share("asked more", t.section)):
        if not _TOPIC.match(topic.name):
            continue
        for question in more_about(topic.name, texts_about(topic.name, passages)):
            frame = question.replace(topic.name, "")
            yield Open("unanswerable.other", question, topic.section, topic.passages, frame)


def about_nothing(passages: Sequence[Passage]) -> list[Open]:
    """Questions about things that no document names."""
    texts = [f"{p.heading}\n{p.text}" for p in passages]
    return [Open("unanswerable.outside", question, "") for question in outside(texts)]


def thinned(found: Sequence[Open], *, a_section: int = 1, a_frame: int = 2) -> list[Open]:
    """In an order that hashes decide, at most so many of a section and of a frame, each question once."""
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    kept: list[Open] = []
    for each in sorted(found, key=lambda o: share("open", o.section, o.question)):
        full = (each.section and counts[each.section] >= a_section) or (each.frame and counts[each.frame] >= a_frame)
        if full or each.question in seen:
            continue
        seen.add(each.question)
        counts.update((each.section, each.frame))
        kept.append(each)
    return kept
