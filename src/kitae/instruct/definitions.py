"""What a word means: XとはYをいう, （以下「X」という。）, X：Y in a list of terms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .candidate import Candidate, View, sentence

_TOWA = re.compile(
    r"^(?:この(?:法律|規則|規程|政令|省令|要領)において|本(?:規程|規則)において)?、?「?(?P<term>[^「」、。]{1,24}?)」?とは、(?P<meaning>.{4,120}?)(?:をいう|を指す|のことをいう|のことである|である|です|のことです|をさす)(?:ものとする)?$"
)
_ABBREVIATED = re.compile(
    r"(?:^|[、。は])(?P<meaning>[^、。（）「」はがを]{6,60})（以下、?「(?P<term>[^」]{2,20})」という。?(?:[^）]*)）"
)
_PURPOSE = re.compile(
    r"^(?P<what>(?!この|本)[^、。はがを]{2,24})は、?(?P<goal>.{4,45}?)を目的とする(?:もので(?:ある|す))?$"
)
_TERM = re.compile(r"^[^、。：:]{1,16}$")
_GLOSSARY = re.compile(r"言葉|用語|定義|区分|種類|略語|分類")
_COMMON = frozenset(
    {"会社", "当社", "本規程", "規則", "従業員", "従業員等", "社員", "本人", "甲", "乙", "法", "令", "本法"}
)


def definitions(view: View) -> Iterator[Candidate]:
    """Asks what a term means, and what a meaning is called."""
    for statement in view.statements:
        if match := _TOWA.match(statement.text):
            yield from _both(match["term"], match["meaning"], statement.raw, "いいます")
        if (match := _PURPOSE.match(statement.text)) and statement.whole:
            yield _purpose(match["what"], match["goal"], statement.raw)
        if match := _ABBREVIATED.search(statement.raw):
            meaning = re.sub(r"^.*(?:及び|又は|並びに)", "", match["meaning"])
            if match["term"] not in _COMMON and not meaning.startswith(match["term"]):
                yield _meaning(match["term"], meaning, statement.raw, f"{match['term']}とは何のことですか")
    if _GLOSSARY.search(view.heading):
        yield from _glossary(view)


def _glossary(view: View) -> Iterator[Candidate]:
    for statement in view.statements:
        pair = statement.item.pair
        if pair is None or not _TERM.match(pair[0]) or len(pair[1]) < 8 or not statement.item.marked:
            continue
        term = re.sub(r"（.*?）", "", pair[0])
        meaning = pair[1].split("。")[0]
        if statement.raw.startswith(pair[0]):
            yield from _both(term, meaning, statement.raw, "いいます")


def _purpose(what: str, goal: str, quote: str) -> Candidate:
    return Candidate(
        questions=(f"{what}の目的は何ですか", f"{what}は何のためにありますか"),
        answer=sentence(goal),
        fact=goal,
        kind="definition",
        quote=quote,
        unit="purpose",
        rank=1,
    )


def _both(term: str, meaning: str, quote: str, verb: str) -> Iterator[Candidate]:
    yield _meaning(term, meaning, quote, f"{term}とは何ですか")
    yield Candidate(
        questions=(f"{meaning}を何と{verb}か", f"{meaning}のことを何と{verb}か"),
        answer=sentence(term),
        fact=term,
        kind="definition",
        quote=quote,
        unit="term",
        rank=1,
    )


def _meaning(term: str, meaning: str, quote: str, way: str) -> Candidate:
    return Candidate(
        questions=(way, f"{term}とはどういう意味ですか", f"{term}とは、どのようなものですか"),
        answer=sentence(meaning),
        fact=meaning,
        kind="definition",
        quote=quote,
        unit="meaning",
        rank=0,
    )


_QUESTION_MARK = re.compile(r"^(?:Q[0-9０-９]*|Ｑ[0-9０-９]*|問[0-9０-９]*|質問)[.．:：、)） 　]*")
_ANSWER_MARK = re.compile(r"^(?:A[0-9０-９]*|Ａ[0-9０-９]*|答え?|回答)[.．:：、)） 　]+")


def faq(view: View) -> Iterator[Candidate]:
    """Question in the heading, answer below it; or Q and A as two lines."""
    pairs: list[tuple[str, str]] = []
    if (
        view.kind == "faq"
        or _QUESTION_MARK.match(view.heading)
        or view.heading.endswith(("？", "?", "ですか", "ますか"))
    ):
        pairs.append((view.heading, view.items[0].text if view.items else ""))
    for one, two in zip(view.items, view.items[1:], strict=False):
        if _QUESTION_MARK.match(one.text) and _ANSWER_MARK.match(two.text):
            pairs.append((one.text, two.text))
    for asked, told in pairs:
        yield from _answered(asked, told)


def _answered(asked: str, told: str) -> Iterator[Candidate]:
    question = _QUESTION_MARK.sub("", asked).strip()
    told = _ANSWER_MARK.sub("", told).strip()
    sentences = [part + "。" for part in told.split("。") if part.strip()]
    if not sentences:
        return
    if sentences[0] in ("はい。", "いいえ。") and len(sentences) > 1:
        quote = sentences[0] + sentences[1]
    else:
        quote = sentences[0]
    yield Candidate(
        questions=(question.rstrip("。？?"),),
        answer=quote.strip(),
        fact=quote.rstrip("。").strip(),
        kind="faq",
        quote=quote.strip(),
        unit="sentence",
        rank=0,
    )
