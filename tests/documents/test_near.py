import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.documents.near import SHORTEST, WINDOW, NearCopies, grams, windows

RULE = (
    "休暇を取るときは三日前までに所属長へ届け出て承認を受けなければならない病気のときは当日の始業までに電話で連絡する"
)
OTHER = "機械の清掃は毎週金曜日の午後に行い終わったら清掃記録へ署名して班長の確認を受けるものとし油は所定の缶へ捨てる"


def noise(length: int, seed: int) -> str:
    return "".join(random.Random(seed).choices("あいうえおかきくけこさしすせそたちつてと", k=length))


def plain_containment(one: str, two: str) -> float:
    """The definition, with sets of strings."""
    first, second = ({text[n : n + 5] for n in range(len(text) - 4)} for text in (one, two))
    return len(first & second) / min(len(first), len(second))


@settings(deadline=None)
@given(
    st.text("休暇届出承認機械", min_size=SHORTEST, max_size=200),
    st.text("休暇届出承認機械", min_size=SHORTEST, max_size=200),
)
def test_containment_is_what_its_definition_says(one: str, two: str) -> None:
    assert NearCopies({"one": one}).nearest(two)[1] == plain_containment(one, two)


def test_a_copy_with_a_few_changes_is_found_and_another_text_is_not() -> None:
    near = NearCopies({"rule": RULE, "other": OTHER})
    name, containment = near.nearest(RULE.replace("三日", "五日").replace("電話", "メール"))
    assert name == "rule"
    assert 0.5 < containment < 1
    assert near.nearest(noise(200, 1))[1] < 0.1


def test_a_short_text_inside_a_long_one_is_found_in_both_directions() -> None:
    long = noise(7000, 2) + RULE + noise(7000, 3)
    assert NearCopies({"long": long}).nearest(RULE) == ("long", 1.0)
    assert NearCopies({"rule": RULE}).nearest(long) == ("rule", 1.0)


def test_texts_too_short_to_say_are_never_copies() -> None:
    assert NearCopies({"a": "施行する。"}).nearest("施行する。") == ("", 0.0)
    assert NearCopies({}).nearest(RULE) == ("", 0.0)
    assert NearCopies({"a": RULE}).nearest("休暇") == ("", 0.0)


def test_the_first_of_equals_is_named() -> None:
    assert NearCopies({"b": RULE, "a": RULE}).nearest(RULE) == ("b", 1.0)


@settings(deadline=None)
@given(st.integers(0, 4 * WINDOW))
def test_windows_cover_a_text(length: int) -> None:
    text = "".join(chr(0x4E00 + n) for n in range(length))
    found = windows(text)
    assert "".join(sorted(set("".join(found)))) == text
    assert all(len(window) <= WINDOW for window in found)


def test_hashes_of_different_grams_differ() -> None:
    text = "".join(chr(0x3041 + n % 83) + chr(0x4E00 + n) for n in range(20_000))
    assert len(grams(text)) == len(text) - 4
    assert grams("abcdefg").dtype == np.uint64
