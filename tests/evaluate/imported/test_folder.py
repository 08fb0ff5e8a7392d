"""Published suites: every form is read, every variant known by its digest, and what is wrong is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kitae.core.generation import Decoding, Identity
from kitae.core.mistakes import Mistake
from kitae.evaluate.imported.folder import UNKNOWN, Imported, read_folder
from kitae.evaluate.imported.shelf import imported_suite, keep, names
from kitae.evaluate.judging.asked import Answer
from kitae.evaluate.judging.protocol import own_protocol
from kitae.evaluate.judging.request import requests_for


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def fastchat(number: int, category: str = "writing") -> dict[str, Any]:
    return {
        "question_id": number,
        "category": category,
        "turns": ["一", "二"],
        "reference": ["never shown", "nor this"],
    }


def reference(number: int) -> dict[str, Any]:
    return {"question_id": number, "model_id": "gpt", "choices": [{"index": 0, "turns": ["正", "解"]}]}


def choice(number: int, label: int = 1) -> dict[str, Any]:
    choices = {f"choice{index}": word for index, word in enumerate(("山", "川", "海"))}
    return {"q_id": number, "question": "流れるのは？", **choices, "label": label}


SQUAD = {
    "data": [
        {
            "title": "川",
            "paragraphs": [
                {
                    "context": "川 [SEP] 信濃川は長さ367kmである。",
                    "qas": [
                        {
                            "id": "a",
                            "question": "信濃川の長さは？",
                            "answers": [{"text": "367km", "answer_start": 9}] * 3,
                        },
                        {"id": "b", "question": "どの川？", "answers": [{"text": "信濃川"}]},
                    ],
                }
            ],
        }
    ]
}


ONE, ANSWERS = lines(fastchat(1)), lines(reference(1))


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        stem, _, ending = name.rpartition("_")
        (folder / f"{stem}.{ending}").write_text(text, encoding="utf-8")
    return folder


def test_a_reference_of_the_question_file_is_never_shown(tmp_path: Path) -> None:
    """FastChat's judge reads the file of reference answers, not the key of that name."""
    found = read_folder(write(tmp_path, question_jsonl=lines(fastchat(1))))
    assert (found.form, found.measure, found.prompts[0].references) == ("fastchat", "judge", ())
    assert found.prompts[0].turns == ("一", "二")


def test_references_are_put_to_their_questions(tmp_path: Path) -> None:
    folder = write(tmp_path, question_jsonl=lines(fastchat(1), fastchat(2)), reference_new_jsonl=lines(reference(2)))
    found = read_folder(folder)
    assert [prompt.references for prompt in found.prompts] == [(), ("正", "解")]
    assert found.references == "new"


def test_squad_is_scored_by_program_and_clustered_by_passage(tmp_path: Path) -> None:
    suite = read_folder(write(tmp_path, dev_json=json.dumps(SQUAD))).suite()
    assert (suite.scored, suite.questions) == ("program", 2)
    assert len(set(suite.units.values())) == 1
    again = json.loads(json.dumps(SQUAD["data"][0]).replace('"a"', '"c"').replace('"b"', '"d"'))
    untitled = {"data": [{**article, "title": ""} for article in (SQUAD["data"][0], again)]}
    other = read_folder(write(tmp_path, other_json=json.dumps(untitled)) / "other.json").suite()
    assert len(set(other.units.values())) == 2, "articles without a title stay apart"


def test_a_question_that_the_passage_does_not_answer_is_right_when_it_is_declined(tmp_path: Path) -> None:
    data = json.loads(json.dumps(SQUAD))
    data["data"][0]["paragraphs"][0]["qas"][1] |= {"answers": [], "is_impossible": True}
    suite = read_folder(write(tmp_path, dev_json=json.dumps(data))).suite()
    assert all("分かりません」と書いて" in prompt.turns[0] for prompt in suite.prompts)
    assert suite.score("b", "分かりません。").right and not suite.score("b", "信濃川です。").right
    assert suite.score("b", "信濃川です。").false_answer and suite.score("a", "367km").right
    assert "信濃川は長さ367km" in suite.prompts[0].turns[0] and "[SEP]" not in suite.prompts[0].turns[0]
    assert suite.score("a", "367kmです。").right and not suite.score("a", "36kmです。").right


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("1", True),
        ("１です。", True),
        ("川", True),
        ("1: 川", True),
        ("正解は1番です", True),
        ("0", False),
        ("海", False),
        ("0か1", False),
        ("", False),
        ("10", False),
        ("川または海", False),
    ],
)
def test_a_choice_is_right_by_number_or_words_and_no_list_of_all(tmp_path: Path, answer: str, right: bool) -> None:
    suite = read_folder(write(tmp_path, valid_json=lines(choice(1)))).suite()
    assert suite.score("1", answer).right is right


def test_a_table_as_excel_writes_it_is_read(tmp_path: Path) -> None:
    table = tmp_path / "test.csv"
    table.write_bytes('input,output\r\n"見積書の\r\n送付文を書いて",答え\r\n'.encode("cp932"))
    assert [prompt.turns for prompt in read_folder(table).prompts] == [("見積書の\r\n送付文を書いて",)]
    table.write_bytes("input,output\n行の\u2028中,答え\n".encode())
    assert [prompt.turns for prompt in read_folder(table).prompts] == [("行の\u2028中",)]
    table.write_bytes(b"input,output\n\x81,a\n")
    with pytest.raises(Mistake, match="encoding is not recognised"):
        read_folder(table)


def test_elyza_shows_the_judge_by_what_to_mark(tmp_path: Path) -> None:
    found = read_folder(write(tmp_path, test_csv='input,output,eval_aspect\n"一,二",答え,数が合うか\n三,四,\n'))
    assert [prompt.turns for prompt in found.prompts] == [("一,二",), ("三",)]
    assert [prompt.references for prompt in found.prompts] == [("答え\n\n数が合うか",), ("四",)]
    assert [prompt.id for prompt in found.prompts] == ["1", "2"]
    said = [
        Answer(model="m", identity=Identity(model="m", engine="e", number_format="f"), decoding=Decoding(),
               question=prompt.id, version=prompt.version, turns=("応え",))
        for prompt in found.prompts
    ]  # fmt: skip
    sent = [each.messages[-1].content for each in requests_for(found.suite(), said, own_protocol("kitae-ja-single"))]
    assert "答え" in sent[0] and "数が合うか" in sent[0] and "四" in sent[1]


@pytest.mark.parametrize(
    ("row", "measure"),
    [
        ({"question": "？", "gold": ["5日"]}, "gold"),
        ({"question": "？", "gold": "5日"}, "gold"),
        ({"question": "？"}, "judge"),
    ],
)
def test_plain_lines_are_scored_by_program_where_they_have_gold(tmp_path: Path, row: Any, measure: str) -> None:
    found = read_folder(write(tmp_path, own_jsonl=lines(row)), name="mine")
    assert (found.name, found.measure) == ("mine", measure)
    assert found.suite().scored == ("program" if measure == "gold" else "judge")
    if measure == "gold":
        assert found.suite().score("1", "5日です").right


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"question": "どこを流れますか。", "gold": "新潟県の越後平野を通って日本海に注ぎます。"}, "ja"),
        ({"question": "Where does it flow?", "gold": "Through London to the North Sea"}, "en"),
        ({"question": "何キロメートルありますか、それとも分かりませんか。", "gold": "367km"}, None),
        ({"question": "日本語で長い質問をしても、答えの言葉は分かりません。"}, None),
    ],
)
def test_answers_should_be_in_the_language_of_the_right_ones(tmp_path: Path, row: Any, expected: str | None) -> None:
    assert read_folder(write(tmp_path, own_jsonl=lines(row))).language == expected


def test_a_file_that_was_changed_is_said_to_be_unknown(tmp_path: Path, shared_data: Path) -> None:
    published = (shared_data / "mtbench" / "en" / "question.jsonl").read_bytes()
    (tmp_path / "question.jsonl").write_bytes(published)
    assert read_folder(tmp_path).variant == "mtbench-en"
    (tmp_path / "question.jsonl").write_bytes(published.replace(b"Hawaii", b"Okinawa", 1))
    changed = read_folder(tmp_path)
    assert changed.variant == UNKNOWN
    assert changed.notes == ["question.jsonl is no published file that is known here: its scores are its own"]


@pytest.mark.parametrize(
    ("folder", "references", "variant", "form", "questions", "clusters"),
    [
        ("mtbench/en", "gpt-4", "mtbench-en", "fastchat", 80, 80),
        ("mtbench/en", "0125", "mtbench-en", "fastchat", 80, 80),
        ("mtbench/ja", "gpt-4", "mtbench-ja-stability", "fastchat", 80, 80),
        ("mtbench/ja", "human", "mtbench-ja-stability", "fastchat", 80, 80),
        ("mtbench/ja", "swallow", "mtbench-ja-stability", "fastchat", 80, 80),
        ("qa/jsquad", "", "jsquad-1.3-valid", "squad", 4442, 1145),
        ("qa/jcommonsenseqa", "", "jcommonsenseqa-1.3-valid", "choice", 1119, 1119),
        ("qa/jaquad/dev", "", "jaquad-0.1.0-dev", "squad", 3939, None),
    ],
)
def test_the_published_sets_are_read_and_recognised(
    shared_data: Path, folder: str, references: str, variant: str, form: str, questions: int, clusters: int | None
) -> None:
    found = read_folder(shared_data / folder, references=references)
    assert found.language == ("en" if folder == "mtbench/en" else "ja")
    assert (found.variant, found.form, len(found.items)) == (variant, form, questions)
    assert all(source.variant != UNKNOWN and source.licence and source.source for source in found.sources)
    suite = found.suite()
    assert suite.questions == questions
    assert clusters in (None, len(set(suite.units.values())) or questions)


def test_wrong_references_are_named_wherever_they_are_used(shared_data: Path) -> None:
    known = {
        name: read_folder(shared_data / "mtbench" / "en", references=name).notes
        for name in ("gpt-4", "gpt-4-0125-preview")
    }
    assert "13 of 30" in known["gpt-4"][0] and known["gpt-4-0125-preview"] == []


def test_references_change_the_version_of_a_suite(shared_data: Path) -> None:
    versions = {
        read_folder(shared_data / "mtbench" / "ja", references=name).suite().version
        for name in ("gpt-4", "human", "swallow")
    }
    assert len(versions) == 3


def test_an_imported_suite_can_be_judged(shared_data: Path) -> None:
    suite = read_folder(shared_data / "mtbench" / "ja", references="swallow")
    identity = Identity(model="m", engine="test", number_format="float32")
    answers = [
        Answer(
            model="m",
            identity=identity,
            decoding=Decoding(),
            question=prompt.id,
            version=prompt.version,
            turns=("答え", "答え"),
        )
        for prompt in suite.prompts
    ]
    assert len(list(requests_for(suite, answers, own_protocol("kitae-ja-single")))) == 160


def test_a_suite_is_kept_and_read_again(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    found = read_folder(write(tmp_path / "files", question_jsonl=lines(fastchat(1))), name="mine")
    keep(tmp_path, found)
    keep(tmp_path, found)
    assert names(tmp_path) == ["mine"]
    assert imported_suite(tmp_path, "mine") == found


def test_a_name_stands_for_one_suite(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()

    def some(name: str, text: str) -> Imported:
        return read_folder(write(tmp_path / "files", question_jsonl=lines({**fastchat(1), "turns": [text]})), name=name)

    keep(tmp_path, some("mine", "一"))
    for name, text, what in (("mine", "二", "another suite"), ("forge-ja", "一", "bundled"), ("../x", "一", "no name")):
        with pytest.raises(Mistake, match=what):
            keep(tmp_path, some(name, text))
    with pytest.raises(Mistake, match="no imported suite `mien`"):
        imported_suite(tmp_path, "mien")
    (tmp_path / "suites" / "mine.json").write_text("{}", encoding="utf-8")
    with pytest.raises(Mistake, match="not a suite that"):
        imported_suite(tmp_path, "mine")


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({}, "no file of questions"),
        ({"question_jsonl": ""}, "without a question"),
        ({"question_jsonl": "{\n"}, "not JSON"),
        ({"test_csv": "input,output\n一\n"}, "more or fewer cells"),
        ({"test_csv": "input,output\n一,二,三\n"}, "more or fewer cells"),
        ({"question_jsonl": lines({"prompt": "?"})}, "no form of questions has the keys prompt"),
        ({"question_jsonl": lines(fastchat(1), fastchat(1))}, "`1` stands twice"),
        ({"question_jsonl": lines(fastchat(1), {"question_id": 2})}, "not like the first: no 'turns'"),
        ({"question_jsonl": ONE, "valid_json": lines(choice(1))}, "several forms"),
        ({"valid_json": lines(choice(1) | {"choice2": "川"})}, "`川` stands twice"),
        ({"own_jsonl": lines({"question": "1", "gold": ["a"]}, {"question": "2"})}, "has no gold"),
        ({"question_jsonl": ONE, "reference_a_jsonl": lines(reference(9))}, "none of the questions"),
        (
            {"question_jsonl": ONE, "reference_a_jsonl": lines(reference(1), reference(1))},
            "stands twice",
        ),
        (
            {"question_jsonl": ONE, "reference_a_jsonl": lines({"question_id": 1})},
            "not a reference answer",
        ),
        (
            {
                "question_jsonl": ONE,
                "reference_a_jsonl": lines(reference(1)),
                "reference_b_jsonl": lines(reference(1)),
            },
            "2 sets of references: a, b",
        ),
    ],
)
def test_what_cannot_be_read_is_a_mistake(tmp_path: Path, files: dict[str, str], what: str) -> None:
    with pytest.raises(Mistake, match=what):
        read_folder(write(tmp_path, **files))


def test_a_missing_reference_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    suite = read_folder(write(tmp_path, question_jsonl=lines(fastchat(1, "math"))))
    prompt = suite.prompts[0]
    answer = Answer(
        model="m",
        identity=Identity(model="m", engine="test", number_format="float32"),
        decoding=Decoding(),
        question=prompt.id,
        version=prompt.version,
        turns=("一", "二"),
    )
    with pytest.raises(Mistake, match="no reference for turn 1"):
        list(requests_for(suite, [answer], own_protocol("kitae-ja-single")))


def test_the_judges_prompts_come_with_the_suite(shared_data: Path) -> None:
    english = read_folder(shared_data / "mtbench" / "en", references="gpt-4")
    assert (english.prompt_set, len(english.templates)) == ("mtbench-en", 8)
    folder = shared_data / "mtbench" / "ja"
    assert read_folder(folder, references="swallow").templates == ()
    chosen = read_folder(folder, references="swallow", prompts="swallow")
    assert (chosen.prompt_set, len(chosen.templates)) == ("swallow", 8)
    with pytest.raises(Mistake, match="no set of prompts `nejumi`"):
        read_folder(folder, references="swallow", prompts="nejumi")
