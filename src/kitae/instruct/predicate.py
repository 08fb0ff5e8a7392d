"""The end of a Japanese sentence: what is done or must be done, and how one asks about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from .japanese import Form, Word, inflect, words

Tail = Literal["plain", "not", "must", "must_not", "can", "cannot", "might", "please", "copula", "adjective"]

# What stands behind the verb, the longest first. `(?:…)` before it is what the verb's own form leaves over.
_TAILS: tuple[tuple[Tail, str], ...] = (
    ("must_not", r"(?:て|で)は(?:ならない|いけない|なりません|いけません)(?:ものとする)?"),
    ("must", r"(?:なければならない|ねばならない|なければならないものとする|なければいけない|なくてはならない)"),
    ("must", r"(?:なければなりません|なければいけません|なくてはなりません|ねばなりません)"),
    ("must", r"(?:必要がある|必要があります)"),
    ("cannot", r"(?:こと|事)(?:は|が|も)?(?:できない|出来ない|できません|出来ません)(?:ものとする)?"),
    ("can", r"(?:こと|事)(?:が|も)(?:できる|出来る|できます|出来ます)(?:ものとする)?"),
    ("might", r"(?:こと|事|場合)(?:が|も)(?:ある|あります)"),
    ("not", r"(?:こと|事)(?:は|が)(?:ない|ありません)"),
    ("please", r"(?:て|で)(?:ください|下さい)"),
)
_SHALL = re.compile(
    r"(?:ものとする|こととする|事とする|ものとします|こととします|ことになっている|ことになっています)$"
)
_COPULA = re.compile(r"(?:とする|とします|である|であります|です|だ|とされている|とされています)$")
_BARE = re.compile(r"(?:とし|であり|で)$")


@dataclass(frozen=True)
class Predicate:
    """`5日以内に申請を` + `行う` + must. Of a copula the head is all: `7時間45分`."""

    head: str
    lemma: str
    inflection: str
    tail: Tail

    def form(self, form: Form) -> str:
        return self.head + inflect(self.lemma, self.inflection, form)

    @property
    def noun(self) -> str:
        """The noun in front of する, as in 支給する; empty where the verb is another one."""
        if self.lemma != "する":
            return ""
        last = words(self.head)[-1:]
        return last[0].surface if last and "サ変可能" in last[0].kind else ""

    def passive(self) -> Predicate | None:
        """支給する → 支給される; only for verbs that a noun and する make."""
        return replace(self, head=self.head + "さ", lemma="れる", inflection="助動詞-レル") if self.noun else None


def final(text: str) -> Predicate | None:
    """The predicate at the end of a sentence (without its full stop); `None` where this grammar has no name for it."""
    text = text.rstrip("。．. 　")
    for tail, pattern in _TAILS:
        if match := re.search(pattern + "$", text):
            return _before(text, match.start(), tail)
    if match := _SHALL.search(text):
        shorter = text[: match.start()]
        inner = final(shorter)
        return inner if inner and inner.tail != "copula" else None
    if match := re.search(r"ご([一-龥]{2,4})(?:ください|下さい)$", text):
        return Predicate(text[: match.start()] + match[1], "する", "サ行変格", "please")
    if match := _COPULA.search(text):
        return _copula(text[: match.start()])
    return _plain(text)


def middle(text: str, tail: Tail) -> Predicate | None:
    """The predicate of a clause that goes on (`申請を行い、`); its mood is that of the sentence's end, `tail`."""
    text = text.rstrip("、，, 　")
    if match := re.search(r"(?:こと|もの)とし$", text):
        return final(text[: match.start()])
    if match := _BARE.search(text):
        copula = _copula(text[: match.start()])
        if copula is not None and _is_amount(text[: match.start()]):
            return copula
    found = words(text)
    if found and found[-1].surface in ("て", "で") and found[-1].kind.startswith("助詞-接続助詞"):
        found = found[:-1]
    if found and found[-1].is_noun:  # 締め切り: a verb that the dictionary takes for a noun
        found = words(text + "ます")[:-1]
    if not found or not found[-1].form.startswith("連用形") or found[-1].inflection.startswith("助動詞-ヌ"):
        return None
    if tail not in ("plain", "must", "can", "please", "might"):
        tail = "plain"
    return _verb(text, found, tail)


def _before(text: str, end: int, tail: Tail) -> Predicate | None:
    """The verb in front of `end`; read in the whole sentence, because 届け出 alone would be a noun."""
    found = tuple(word for word in words(text) if word.end <= end)
    if not found or found[-1].end != end:
        found = words(text[:end])
    return _verb(text[:end], found, tail)


def _plain(text: str) -> Predicate | None:
    found = words(text)
    if not found:
        return None
    last = found[-1]
    if last.surface in ("ます", "ません", "ない", "ん") or last.inflection.startswith(("助動詞-マス", "助動詞-ナイ")):
        negative = last.surface in ("ない", "ん", "ません")
        rest = [w for w in found if w.end <= last.start]
        if rest and rest[-1].inflection.startswith("助動詞-マス"):
            rest = rest[:-1]
        if not last.kind.startswith("助動詞"):  # 限りではない, 必要ない: an adjective of its own
            return None
        return _verb(text, tuple(rest), "not" if negative else "plain")
    if last.is_verb or last.inflection.startswith(("助動詞-レル", "下一段-サ行")):
        return _verb(text, found, "plain") if last.form.startswith(("終止形", "連体形")) else None
    if (
        last.kind.startswith("形容詞")
        and last.form.startswith(("終止形", "連体形"))
        and last.lemma not in ("ない", "無い")
    ):
        return Predicate(text, "", "", "adjective")
    if last.is_noun or last.surface in ("まで", "から", "のみ", "ごと"):
        return _copula(text)
    return None


def _copula(text: str) -> Predicate | None:
    found = words(text)
    if not found:
        return None
    last = found[-1]
    nominal = (
        last.is_noun or last.surface in ("まで", "から", "のみ", "ごと", "など", "」", "）", "分") or last.is_number
    )
    if not nominal and not last.kind.startswith(("形状詞", "接尾辞", "助詞-副助詞")):
        return None
    return Predicate(text, "", "", "copula")


def _verb(text: str, found: tuple[Word, ...], tail: Tail) -> Predicate | None:
    if not found:
        return None
    last = found[-1]
    helper = last.inflection.startswith(("助動詞-レル", "下一段-サ行")) and last.kind.startswith("助動詞")
    if not last.is_verb and not helper:
        return None
    try:
        inflect(last.lemma, last.inflection, "stem")
    except ValueError:
        return None
    return Predicate(text[: last.start], last.lemma, last.inflection, tail)


def _is_amount(text: str) -> bool:
    found = words(text)
    return any(w.is_number for w in found[-4:]) or re.search(r"(?:何|いくら|いつ)[^をにが]{0,8}$", text) is not None


def ask(predicate: Predicate) -> tuple[str, ...]:
    """How a clause with a question word in its head may end, the plainest first."""
    p = predicate
    if p.tail == "copula" and _is_event(p.head):
        return (f"{p.head}となりますか",)
    if p.tail in ("copula", "adjective"):
        return (f"{p.head}ですか",)
    if p.tail in ("not", "cannot", "might"):
        ending = {"not": "ないのですか", "cannot": "", "might": "ことがありますか"}[p.tail]
        if p.tail == "cannot":
            return (f"{p.form('plain')}ことができないのですか",)
        return (p.form("negative" if p.tail == "not" else "plain") + ending,)
    if p.tail == "must_not":
        return (f"{p.form('te')}はいけないのですか",)
    if p.tail == "can":
        short = f"{p.head}できますか" if p.noun else f"{p.form('plain')}ことができますか"
        return (short,)
    if p.tail == "must":
        return (
            f"{p.form('conditional')}いいですか",
            f"{p.form('plain')}必要がありますか",
            f"{p.form('negative')}なければなりませんか",
        )
    if p.tail == "please":
        return (f"{p.form('conditional')}いいですか", f"{p.form('stem')}ますか")
    return (f"{p.form('stem')}ますか",)


def _is_event(head: str) -> bool:
    """退職 in 退職とする is something that happens."""
    found = words(head)
    if len(found) < 2 or "サ変可能" not in found[-1].kind:
        return False
    return found[-2].surface == "いつ" or not (found[-2].is_noun or found[-2].surface == "の")
