import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kitae.sample
from kitae.core.suite import Suite, read_suite
from kitae.evaluate.matching import match

Q = "慶弔休暇は何日取れますか。"


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("2日です。", ["2日"]),
        ("二日間取得できます。", ["2日"]),
        ("最大2日までです", ["2日"]),
        ("取得できるのは2日しかありません。", ["2日"]),
        ("2日を超えることはできません。", ["2日"]),
        ("2日以内に届け出なければなりません。", ["2日"]),
        ("5日のうち2日です", ["2日"]),
        ("11時45分から12時45分までです。", ["11時45分"]),
        ("6週間（双子の場合は14週間）です", ["14週"]),
        ("3日ではなく、2日です。", ["2日"]),
        ("使えません。", ["使えない", "使えません"]),
        ("雇用保険、健康保険です。", ["健康保険、雇用保険"]),
        ("諭旨解雇又は懲戒解雇です。", ["諭旨解雇または懲戒解雇", "懲戒解雇"]),
        ("It is 14 days.", ["14 days"]),
        ("少なくとも2日です。", ["2日"]),
        ("2日で、延長はできません。", ["2日"]),
    ],
)
def test_an_honest_answer_is_right(answer: str, gold: list[str]) -> None:
    found = match(answer, gold, Q)
    assert found.right, found.why


@pytest.mark.parametrize(
    ("answer", "gold", "why"),
    [
        ("12日です。", ["2日"], "the gold is not in it"),
        ("2.2日です。", ["2日"], "the gold is not in it"),
        ("1月2日です。", ["2日"], "the gold is not in it"),
        ("2日半です。", ["2日"], "the gold is not in it"),
        ("2日目です。", ["2日"], "the gold is not in it"),
        ("14時間です。", ["14時"], "the gold is not in it"),
        ("14時30分です。", ["14時"], "the gold is not in it"),
        ("1年6か月です。", ["6か月"], "the gold is not in it"),
        ("3〜6か月です。", ["6か月"], "the gold is not in it"),
        ("50000円です。", ["5000円"], "the gold is not in it"),
        ("5万円です。", ["5"], "the gold is not in it"),
        ("不支給です。", ["支給"], "the gold is not in it"),
        ("classification", ["class"], "the gold is not in it"),
        ("2日ではありません。", ["2日"], "denies 「2日」"),
        ("2日は取れません。", ["2日"], "denies 「2日」"),
        ("停止されません。", ["停止"], "denies 「停止」"),
        ("停止しません。", ["停止"], "denies 「停止」"),
        ("使えないわけではありません。", ["使えない"], "denies 「使えない」"),
        ("It is not 14 days.", ["14 days"], "denies 「14days」"),
        ("停止します。停止しません。", ["停止"], "denies 「停止」"),
        ("使えます。使えません。", ["使えません"], "says the opposite as well"),
        ("支給する場合と支給しない場合があります。", ["支給しない"], "says the opposite as well"),
        ("2日または3日です。", ["2日"], "offers it as one of several"),
        ("2日か3日です。", ["2日"], "offers it as one of several"),
        ("3日か2日です。", ["2日"], "offers it as one of several"),
        ("2日、3日です。", ["2日"], "also names 3日"),
        ("2日以上、3日以下", ["2日"], "also names 3日"),
        ("正社員は2日、契約社員は1日、他は0日です", ["2日"], "also names 0日、1日"),
        ("30日、15000円、2日", ["2日"], "also names 15000円、30日"),
        ("6か月、2日", ["2日"], "also names 6か月"),
        ("14日以内", ["14日以上", "14日"], "the right number, the opposite direction"),
        ("3日後です。", ["3日前", "3日"], "the right number, the opposite direction"),
        ("2日ですか。", ["2日"], "asks instead of answering"),
        ("臨時社員、嘱託社員、正社員", ["臨時社員、嘱託社員"], "also names 正社員"),
        ("臨時社員、嘱託社員、正社員には払いません", ["臨時社員、嘱託社員"], "also names 正社員"),
        ("健康保険です。", ["健康保険、雇用保険"], "the gold is not in it"),
        ("健康保険、雇用保険ではありません。", ["雇用保険、健康保険"], "the gold is not in it"),
        ("総務部、人事部、社長、情報責任者", ["情報責任者"], "also names 人事部、社長、総務部"),
        ("", ["2日"], "empty"),
        ("慶弔休暇は何日取れますか", ["2日"], "repeats the question"),
    ],
)
def test_a_cheap_answer_is_wrong(answer: str, gold: list[str], why: str) -> None:
    found = match(answer, gold, Q)
    assert (found.right, found.why) == (False, why)


def test_forty_characters_are_allowed_and_three_times_a_longer_gold() -> None:
    filler = "就業規則の定めるところにより従業員が取得できる休暇は"
    assert match(f"{filler}2日です。", ["2日"], Q).right
    assert "more than 40" in match(f"{filler}、この場合につき合計で最大2日です。", ["2日"], Q).why
    gold = "会社の承認を受けて所定の様式により届け出た場合に限る"
    assert match(f"それは、{gold}とされています。{filler}。", [gold], Q).right


def test_a_question_may_ask_for_what_is_denied() -> None:
    asked = "退職金がもらえないのはどの社員ですか。"
    gold = ["臨時社員と嘱託社員", "臨時社員、嘱託社員"]
    assert match("臨時社員と嘱託社員には支給しません。", gold, asked).right
    assert not match("臨時社員と嘱託社員ではありません。", gold, asked).right
    assert not match("臨時社員と嘱託社員には支給しません。", gold, "退職金は誰に払いますか。").right


def test_a_choice_named_in_the_question_may_be_answered() -> None:
    asked = "休職期間は6か月ですか、10か月ですか。"
    assert match("6か月です。", ["6か月"], asked).right
    assert not match("6か月ですか、10か月ですか", ["6か月"], asked).right


@given(st.integers(1, 9999), st.sampled_from(["日", "円", "時間", "か月", "%", "歳"]), st.integers(1, 9))
def test_a_longer_number_never_counts(number: int, counter: str, digit: int) -> None:
    gold = [f"{number}{counter}"]
    assert match(f"{number}{counter}です。", gold, Q).right
    assert not match(f"{digit}{number}{counter}です。", gold, Q).right
    assert not match(f"{number}{digit}{counter}です。", gold, Q).right
    assert not match(f"{digit}.{number}{counter}です。", gold, Q).right


DATA = Path(os.environ.get("KITAE_DATA", Path(__file__).parents[3] / "shared" / "data"))


SAMPLE = Path(kitae.sample.__file__).parent / "yamabiko" / "questions"


@pytest.fixture(
    scope="module",
    params=[DATA / "company" / "denkiyagi.questions.jsonl", SAMPLE / "known.jsonl", SAMPLE / "unseen.jsonl"],
    ids=lambda file: file.stem,
)
def company(request: pytest.FixtureRequest) -> Suite:
    file: Path = request.param
    if not file.is_file() and os.environ.get("CI") != "true":
        pytest.skip(f"no {file}")
    return read_suite(file, name="company", kind="unseen")


def test_every_gold_of_a_real_suite_is_right_in_plain_sentences_and_wrong_when_denied(company: Suite) -> None:
    right = ["{}", "{}です。", "はい、{}となります。", "規程では{}とされています。"]
    denied = ["{}ではありません。", "{}というわけではない。", "{}とは限りません"]
    failed = []
    for question in company.questions:
        for gold in question.gold:
            for form in right + denied:
                found = match(form.format(gold), question.gold, question.question)
                if found.right != (form in right):
                    failed.append((question.id, form.format(gold), found.why))
    assert failed == []


def test_no_part_of_a_real_question_answers_it(company: Suite) -> None:
    wrong = [
        part
        for question in company.questions
        if question.answerable
        for part in [question.question, *question.question.replace("、", "。").split("。")]
        if match(part, question.gold, question.question).right
    ]
    assert wrong == []
