from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.knowledge.tokens import fold, tokens


def words(text: str) -> set[str]:
    return set(tokens(text).words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("サーバー", "サーバ"),
        ("ｻｰﾊﾞｰ", "サーバー"),
        ("引越し", "引っ越し"),
        ("打合せ", "打ち合わせ"),
        ("第37条", "第三十七条"),
        ("第３７条", "第37条"),
        ("三十日以内", "30日以内"),
        ("3か月", "三ヶ月"),
        ("2,000,000円", "200万円"),
        ("SV-200A", "ＳＶ‐２００Ａ"),
        ("ＶＰＮ", "vpn"),
    ],
)
def test_spellings_of_one_thing_have_the_same_words(one: str, other: str) -> None:
    assert words(one) == words(other) != set()


def test_a_part_number_is_whole_and_is_found_without_its_hyphen_and_by_its_series() -> None:
    assert {"sv200a", "sv", "200a"} <= words("型番はSV-200Aです")
    assert "sv200a" in words("SV200Aの価格")
    assert words("SV-200A").isdisjoint({"a", "-", "200"})


def test_a_number_stands_with_what_it_counts() -> None:
    assert "第37条" in words("第37条による")
    assert "第37条" not in words("37条")
    assert "20日" in words("毎月20日に")


@pytest.mark.parametrize("word", ["一般", "十分", "第三者", "四国"])
def test_kanji_that_are_no_number_stay(word: str) -> None:
    assert words(f"{word}に注意する") == {word, "注意"}


def test_long_vowels_and_repetition_marks_are_letters_and_middle_dots_part_words() -> None:
    grams = tokens("データベースを佐々木さんと育児・介護に").grams
    assert {"デー", "ータ", "ベー", "ース", "佐々", "々木", "育児", "介護"} <= set(grams)
    assert not any("・" in gram for gram in grams)
    assert "児介" not in grams


def test_what_carries_no_content_yields_nothing() -> None:
    found = tokens("そのような場合に、いつまでにどうすればよいですか。")
    assert (found.words, found.grams) == ((), ())


def test_no_pair_crosses_a_particle() -> None:
    assert "暇届" not in tokens("休暇の届").grams
    assert "暇届" in tokens("休暇届").grams


def test_a_pair_of_hiragana_alone_is_no_token() -> None:
    assert tokens("つむぎ申請").grams == ("申", "ぎ申", "請", "申請")


def test_a_bare_number_or_a_single_kanji_does_not_tell() -> None:
    assert "20" not in tokens("20").telling()
    assert "日" not in {gram for gram in tokens("毎日").telling() if len(gram) == 1}


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_tokens_never_hold_a_space_and_folding_twice_changes_nothing(text: str) -> None:
    found = tokens(text)
    assert all(token and not any(c.isspace() for c in token) for token in (*found.words, *found.grams))
    assert fold(fold(text)) == fold(text)


def test_a_line_longer_than_sudachi_takes_is_read_whole() -> None:
    found = tokens("休" * 60_000 + "有給")
    assert found.grams.count("休") == 60_000
    assert "有給" in found.grams


def test_threads_get_what_one_thread_gets() -> None:
    texts = [f"第{n}条により、総務部の佐々木がデータベースを{n}日以内に更新する。" for n in range(60)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(tokens, texts)) == [tokens(text) for text in texts]


def test_importing_does_not_load_the_dictionary() -> None:
    code = "import sys, kitae.knowledge.stage; print('sudachipy' in sys.modules, 'numpy' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]
