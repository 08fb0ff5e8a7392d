from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.instruct.japanese import LONGEST, inflect, words


@pytest.mark.parametrize(
    ("lemma", "kind", "stem", "negative", "conditional", "te"),
    [
        ("届け出る", "下一段-ダ行", "届け出", "届け出", "届け出れば", "届け出て"),
        ("行う", "五段-ワア行", "行い", "行わ", "行えば", "行って"),
        ("出す", "五段-サ行", "出し", "出さ", "出せば", "出して"),
        ("行く", "五段-カ行", "行き", "行か", "行けば", "行って"),
        ("急ぐ", "五段-ガ行", "急ぎ", "急が", "急げば", "急いで"),
        ("提出する", "サ行変格", "提出し", "提出し", "提出すれば", "提出して"),
        ("命ずる", "サ行変格", "命じ", "命じ", "命ずれば", "命じて"),
        ("れる", "助動詞-レル", "れ", "れ", "れれば", "れて"),
    ],
)
def test_verbs_of_every_class_are_inflected(
    lemma: str, kind: str, stem: str, negative: str, conditional: str, te: str
) -> None:
    forms = [inflect(lemma, kind, form) for form in ("stem", "negative", "conditional", "te", "plain")]
    assert forms == [stem, negative, conditional, te, lemma]


def test_a_class_that_is_not_known_is_an_error() -> None:
    with pytest.raises(ValueError, match="文語"):
        inflect("べし", "文語助動詞-ベシ", "stem")


@given(st.text(alphabet="社員は、休暇を3日前までに届け出る。（ ）「」", max_size=60))
def test_words_lie_one_after_another_and_cover_the_text(text: str) -> None:
    found = words(text)
    assert "".join(word.surface for word in found) == text
    assert all(one.end == two.start for one, two in itertools.pairwise(found))


def test_a_text_longer_than_the_analyser_takes_is_read_to_its_end() -> None:
    text = "社員は届け出る。" * (LONGEST // 4)
    assert words(text)[-1].end == len(text)
