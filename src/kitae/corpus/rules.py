"""Rules that judge a section: pure functions of its text that say why.

A rule looks at one section at a time. Rules for web pages destroy company documents (a published web profile,
unchanged, passes 4 of 27 company rules), so these ones only drop what tells a reader nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Verdict:
    """What a rule says about a section."""

    keep: bool
    rule: str
    detail: str = ""


@dataclass(frozen=True)
class Piece:
    """What a rule sees."""

    heading: str
    body: str
    """The text below the heading, stripped."""

    @property
    def text(self) -> str:
        return f"{self.heading}\n{self.body}".strip()

    def lines(self) -> list[str]:
        """Lines of the body that say something, without white space around them."""
        return [line.strip() for line in self.body.splitlines() if any(c.isalnum() for c in line)]


class Rule(Protocol):
    """A frozen value with what a person may set about it."""

    def judge(self, piece: Piece) -> Verdict: ...


@dataclass(frozen=True)
class Empty:
    """Nothing but white space, lines and signs below the heading."""

    def judge(self, piece: Piece) -> Verdict:
        return Verdict(any(character.isalnum() for character in piece.body), "empty")


@dataclass(frozen=True)
class TooShort:
    """Too few letters and digits, the heading counted: `第8条　始業の時刻 / 個別の契約書に定める。` has enough."""

    chars: int

    def judge(self, piece: Piece) -> Verdict:
        found = sum(character.isalnum() for character in piece.text)
        return Verdict(found >= self.chars, "too_short", f"{found} letters and digits")


_PLACEHOLDER = re.compile(
    r"(?:準備中|作成中|検討中|調整中|記載予定|追記予定|後日(?:記載|追記)?|未定|未記入|未作成"
    r"|(?:以下)?余白|(?:以下)?省略|略|空欄|削除"
    r"|ここに(?:記入|入力|記載)(?:して(?:ください|下さい))?|TBD|TBA|TODO|FIXME|WIP|xxx+"
    r"|lorem ipsum.*|coming soon|under construction|to be (?:defined|written|determined))",
    re.IGNORECASE,
)
_MARKS = r"[\s　（）()\[\]【】「」『』<>＜＞。.…・※*_\-ー－―:：]+"
_AROUND = re.compile(rf"^{_MARKS}|{_MARKS}$")


@dataclass(frozen=True)
class OnlyPlaceholders:
    """`（準備中）`, `第14条　削除`, `TBD`: every line waits to be written, or was struck out.

    なし is no placeholder: below `Q. 費用はかかりますか` it is the answer.
    """

    def judge(self, piece: Piece) -> Verdict:
        lines = piece.lines()
        found = [line for line in lines if _PLACEHOLDER.fullmatch(_AROUND.sub("", line))]
        return Verdict(not lines or len(found) < len(lines), "only_placeholders", " / ".join(found[:3]))


_JAPANESE = re.compile(r"[\u3040-\u30ff\u3005\u3007\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
_LATIN = re.compile(r"[A-Za-z]")
_FUNCTION_WORDS = (
    "the of and to in a is for be or not with on at by from this that are if you must any your it as an all do before"
    " after when should use only no can will may per each"
)
_ENGLISH = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True)
class WrittenIn:
    """At least a share of the letters belongs to one of the languages, `ja` or `en`.

    English is Latin letters among which the words that every English text has stand often enough. Sections with few
    letters (lists of part numbers, tables of figures) are not judged: there is no language to find.
    """

    any_of: tuple[str, ...]
    at_least: float
    letters: int = 40
    function_words: float = 0.08

    def judge(self, piece: Piece) -> Verdict:
        letters = sum(character.isalpha() for character in piece.text)
        if letters < self.letters:
            return Verdict(True, "written_in", "too few letters to say")
        shares = {"ja": len(_JAPANESE.findall(piece.text)) / letters, "en": self._english(piece.text, letters)}
        told = ", ".join(f"{language} {shares[language]:.2f}" for language in self.any_of)
        return Verdict(any(shares[language] >= self.at_least for language in self.any_of), "written_in", told)

    def _english(self, text: str, letters: int) -> float:
        words = re.findall(r"[A-Za-z]+", text)
        common = sum(word.lower() in _ENGLISH for word in words)
        return len(_LATIN.findall(text)) / letters if words and common / len(words) >= self.function_words else 0.0


@dataclass(frozen=True)
class RepeatedLines:
    """Too much of a section is lines that stood in it before: a page footer copied into the text, a form.

    Rows of tables and lines of a few letters (item numbers, `円`) repeat in good documents and are not counted.
    """

    at_most: float
    lines: int = 6
    shortest: int = 5

    def judge(self, piece: Piece) -> Verdict:
        lines = [line for line in piece.lines() if len(line) >= self.shortest and not line.startswith("|")]
        if len(lines) < self.lines:
            return Verdict(True, "repeated_lines", "too few lines to say")
        again = sum(len(line) * (count - 1) for line, count in Counter(lines).items())
        share = again / sum(len(line) for line in lines)
        return Verdict(share <= self.at_most, "repeated_lines", f"{share:.2f} of the characters")


_MENU = re.compile(
    r"ホーム|トップ(?:ページ)?(?:へ|に戻る)?|ページの?(?:先頭|トップ|上部)(?:へ|に戻る|へ戻る)?|戻る|次へ|前へ|進む|閉じる|もっと見る"
    r"|一覧(?:へ|を見る|に戻る)?|サイトマップ|お問い?合わ?せ|ログイン|ログアウト|新規登録|検索|メニュー|印刷(?:する)?|シェア|ツイート"
    r"|プライバシーポリシー|個人情報(?:保護方針|の取扱い)|利用規約|サイトポリシー|アクセス|リンク集?|パンくず.*"
    r"|(?:©|\(c\)|copyright).*|all rights reserved.*|home|top|back|next|previous|menu|search|login|logout"
    r"|sign in|contact(?: us)?|sitemap|privacy policy|print",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class NavigationNoise:
    """Most lines are the words of menus, and there is no sentence."""

    at_most: float
    lines: int = 3

    def judge(self, piece: Piece) -> Verdict:
        lines = piece.lines()
        if len(lines) < self.lines or "。" in piece.body:
            return Verdict(True, "navigation_noise")
        menu = [line for line in lines if self._is_menu(line)]
        share = len(menu) / len(lines)
        return Verdict(share <= self.at_most, "navigation_noise", f"{len(menu)} of {len(lines)} lines")

    def _is_menu(self, line: str) -> bool:
        words = [_AROUND.sub("", word) for word in re.split(r"[|｜>＞›»/]", line)]
        return all(_MENU.fullmatch(word) for word in words if word)


_LEADER = re.compile(r"(?:[.．・…‥·\s]{3,}|[　\t]+)[0-9０-９]{1,4}$")


@dataclass(frozen=True)
class TableOfContents:
    """Most lines end in a leader and a page number."""

    at_most: float
    lines: int = 4

    def judge(self, piece: Piece) -> Verdict:
        lines = [line for line in piece.lines() if not line.startswith("|")]
        found = sum(_LEADER.search(line) is not None for line in lines)
        few = len(lines) < self.lines
        share = 0.0 if few else found / len(lines)
        return Verdict(share <= self.at_most, "table_of_contents", f"{found} of {len(lines)} lines")


PLAIN: tuple[Rule, ...] = (Empty(),)
"""Drops nothing that says something."""

HANDBOOK: tuple[Rule, ...] = (
    Empty(),
    OnlyPlaceholders(),
    TooShort(chars=8),
    WrittenIn(any_of=("ja", "en"), at_least=0.3),
    RepeatedLines(at_most=0.5),
    NavigationNoise(at_most=0.6),
    TableOfContents(at_most=0.7),
)
"""For what a company wrote itself: rules, guides, minutes, price lists."""

PROFILES: dict[str, tuple[Rule, ...]] = {"handbook": HANDBOOK, "plain": PLAIN}


def judge(piece: Piece, rules: tuple[Rule, ...]) -> Verdict:
    """The first verdict against the piece, or one for it."""
    for rule in rules:
        verdict = rule.judge(piece)
        if not verdict.keep:
            return verdict
    return Verdict(True, "")
