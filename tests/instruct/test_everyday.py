from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kitae.instruct.everyday import NOUNS, in_everyday_words, manner, pick, share

KEYS = [str(number) for number in range(40)]


def said(question: str, kept: str = "") -> set[str]:
    return {in_everyday_words(question, key, kept=kept) for key in KEYS}


def test_words_of_rules_become_words_of_people_and_sometimes_stay() -> None:
    forms = said("年次有給休暇は何日ですか")
    assert {"年次有給休暇は何日ですか", "有休は何日ですか", "有給休暇は何日ですか"} <= forms


def test_a_verb_is_changed_with_its_inflection() -> None:
    assert "いつまでに連絡すればいいですか" in said("いつまでに届け出ればいいですか")
    assert "書類を出さなければなりませんか" in said("書類を提出しなければなりませんか")
    assert "書類を出す必要がありますか" in said("書類を提出する必要がありますか")


def test_a_word_inside_a_longer_one_is_left_alone() -> None:
    assert said("自動車部品の納期は何日ですか") == {"自動車部品の納期は何日ですか"}


def test_no_change_writes_the_answer_into_the_question() -> None:
    assert not any("上司" in form for form in said("所属長の上の人は誰ですか", kept="上司"))


@given(st.sampled_from([noun for noun, _ in NOUNS]), st.text(max_size=8))
def test_the_same_key_always_says_it_the_same_way(noun: str, key: str) -> None:
    question = f"{noun}は何日ですか"
    assert in_everyday_words(question, key) == in_everyday_words(question, key)
    assert manner(question, key) == manner(question, key)


@given(st.text(max_size=20))
def test_a_share_is_a_share_and_a_pick_is_one_of_the_options(key: str) -> None:
    assert 0 <= share(key) < 1
    assert pick(["a", "b", "c"], key) in {"a", "b", "c"}


def test_every_question_ends_as_one() -> None:
    for question in ("定年は何歳ですか", "誰に届け出ればいいですか", "意味を教えてください", "もらえますか"):
        endings = {manner(question, key)[-1] for key in KEYS}
        assert endings <= {"。", "？"}
    assert "定年は何歳？" in {manner("定年は何歳ですか", key) for key in KEYS}
    assert "誰に届け出ればいいか教えてください。" in {manner("誰に届け出ればいいですか", key) for key in KEYS}
