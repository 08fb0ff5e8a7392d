import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.corpus.rules import (
    HANDBOOK,
    PLAIN,
    PROFILES,
    Empty,
    NavigationNoise,
    OnlyPlaceholders,
    Piece,
    RepeatedLines,
    Rule,
    TableOfContents,
    TooShort,
    WrittenIn,
    judge,
)

ENGLISH = """Wear safety glasses, safety shoes and a cap. Gloves are forbidden at lathes and drill presses, because
rotating tools can catch them. Visitors must stay with their host and walk inside the green lines."""
RUSSIAN = "Перед входом в цех наденьте защитные очки и каску. Не подходите к работающим станкам без разрешения мастера."

KEPT = [
    ("第8条　始業・終業の時刻", "1. 個別の雇用契約書に定める。"),
    ("1. Before you enter", ENGLISH),
    ("附則", "* 本規則は、2014年9月10日より施行する。"),
    ("Q. 費用はかかりますか。", "A. なし。"),
    (
        "料金",
        "| 距離 | 額 |\n|---|---|\n" + "| 営業所から工場まで | 355円 |\n" * 8,
    ),
    ("部品", "SUS303 YSH-03 3mm\nSUS303 YSH-05 5mm\nSUS440C YSH-08 8mm"),
    ("連絡先", "電話 内線7100\nホームページは社内広場にある。\n印刷室は2階。"),
    ("VPN", "ping 10.0.0.1 と入力する。\n応答がないときは、情報システム室へ連絡する。"),
    ("別表", "一\n傘\n二\n衣類\n三\n鞄\n一\n傘立て\n二\n棚\n三\n箱"),
    ("廃止した規定", "第3条の削除について、次のとおり定める。"),
]
DROPPED = [
    ("empty", "区切り", "―――\n・・・"),
    ("only_placeholders", "第14条", "削除"),
    ("only_placeholders", "手順", "（準備中）\n※ここに記入してください"),
    ("only_placeholders", "Scope", "TBD"),
    ("too_short", "", "12 / 3"),
    ("written_in", "Цех", RUSSIAN),
    ("written_in", "控え", "QmFzZTY0IGVuY29kZWQgc3RyaW5nIHRoYXQgbm9ib2R5IGNhbiByZWFk" * 2),
    ("repeated_lines", "議事", "社外秘　複写を禁ずる\n" * 8 + "本文はここに一行だけある。"),
    (
        "navigation_noise",
        "ページ",
        "ホーム > お問い合わせ\nサイトマップ\nCopyright 2026 株式会社ちいさな会社\nページの先頭へ",
    ),
    ("table_of_contents", "目次", "総則 ……… 1\n服務 ……… 3\n休暇 ……… 12\n雑則 ……… 30"),
]


@pytest.mark.parametrize(("heading", "body"), KEPT)
def test_what_a_company_wrote_is_kept(heading: str, body: str) -> None:
    verdict = judge(Piece(heading, body), HANDBOOK)
    assert verdict.keep, verdict


@pytest.mark.parametrize(("rule", "heading", "body"), DROPPED)
def test_what_tells_nothing_is_dropped_with_the_rule_and_the_reason(rule: str, heading: str, body: str) -> None:
    verdict = judge(Piece(heading, body), HANDBOOK)
    assert (verdict.keep, verdict.rule) == (False, rule)
    assert verdict.detail or rule == "empty"


@pytest.mark.parametrize(("rule", "heading", "body"), DROPPED[1:])
def test_the_plain_profile_drops_nothing_that_says_something(rule: str, heading: str, body: str) -> None:
    assert judge(Piece(heading, body), PLAIN).keep


RULES: list[Rule] = [
    Empty(),
    OnlyPlaceholders(),
    TooShort(chars=8),
    WrittenIn(any_of=("ja", "en"), at_least=0.3),
    RepeatedLines(at_most=0.5),
    NavigationNoise(at_most=0.6),
    TableOfContents(at_most=0.7),
]


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=30))
def test_rules_are_pure_and_never_fail(body: str, heading: str) -> None:
    piece = Piece(heading, body.strip())
    for rule in RULES:
        assert rule.judge(piece) == rule.judge(piece)


def test_numbers_decide() -> None:
    piece = Piece("", "あいうえお")
    assert TooShort(chars=5).judge(piece).keep
    assert not TooShort(chars=6).judge(piece).keep
    half = Piece(
        "", "\n".join(["同じ行である", "同じ行である", "違う行である", "別の行である", "他の行である", "終の行である"])
    )
    assert RepeatedLines(at_most=1 / 6).judge(half).keep
    assert not RepeatedLines(at_most=0.16).judge(half).keep


def test_a_language_is_any_of_those_named() -> None:
    japanese = Piece(
        "",
        "社員は、休暇を取る日の三日前までに所属長に届け出て、承認を受けなければならない。病気のときは電話で連絡する。",
    )
    for piece, language, other in ((japanese, "ja", "en"), (Piece("", ENGLISH), "en", "ja")):
        assert WrittenIn(any_of=(language,), at_least=0.5).judge(piece).keep
        assert WrittenIn(any_of=("ja", "en"), at_least=0.5).judge(piece).keep
        assert not WrittenIn(any_of=(other,), at_least=0.5).judge(piece).keep


def test_profiles_are_named_in_one_table() -> None:
    assert PROFILES == {"handbook": HANDBOOK, "plain": PLAIN}
