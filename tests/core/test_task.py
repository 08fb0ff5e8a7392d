from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.core.likeness import dice, pairs
from kitae.core.mistakes import Mistake
from kitae.core.task import LIKE, Pair, asked, divided, read_pairs

ROWS = [("鍵が開きません", "総務課"), ("給与明細が見られません", "人事課"), ("画面が映りません", "情報システム室")]


def written(folder: Path, text: str, name: str = "pairs.csv", encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


def table(rows: list[tuple[str, str]]) -> str:
    return "input,output\n" + "".join(f"{one},{two}\n" for one, two in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_table_is_read_as_spreadsheets_save_it(tmp_path: Path, encoding: str) -> None:
    found = read_pairs(written(tmp_path, table(ROWS), encoding=encoding))
    assert [(pair.input, pair.output) for pair in found] == ROWS


def test_a_value_may_have_lines(tmp_path: Path) -> None:
    file = written(tmp_path, 'input,output\n"一行目\n二行目","・甲\n・乙"\n')
    assert read_pairs(file) == [Pair(input="一行目\n二行目", output="・甲\n・乙")]


def test_json_lines_hold_the_same(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({"input": one, "output": two}, ensure_ascii=False) for one, two in ROWS)
    found = read_pairs(written(tmp_path, lines, "pairs.jsonl"))
    assert [(pair.input, pair.output) for pair in found] == ROWS


@pytest.mark.parametrize(
    ("text", "name", "what", "place"),
    [
        ("input,label\nあ,い\n", "p.csv", "output", "row 1"),
        ("input,output\nあ,\n", "p.csv", "output", "row 1"),
        ("input,output\nあ,い\nあ,う\n", "p.csv", "twice", "row 2"),
        ("input,output\n", "p.csv", "without a pair", "p.csv"),
        ('{"input": "あ", "output": "い"}\n{', "p.jsonl", "not JSON", "line 2"),
        ('{"input": "あ", "output": "い", "id": 3}', "p.jsonl", "id", "line 1"),
    ],
)
def test_what_is_no_pair_is_named_with_its_place(tmp_path: Path, text: str, name: str, what: str, place: str) -> None:
    with pytest.raises(Mistake) as caught:
        read_pairs(written(tmp_path, text, name))
    assert what in caught.value.what
    assert place in caught.value.where


def test_near_copies_of_what_is_tested_are_not_learnt_from() -> None:
    base = [
        Pair(input=f"{word}の申請書はどこに出せばよいですか。", output="総務課")
        for word in ["休暇", "出張", "残業", "扶養", "通勤"]
    ]
    copies = [Pair(input=pair.input.removesuffix("。") + "？", output=pair.output) for pair in base]
    found = divided([*base, *copies], 0.3)
    tested = [pairs(pair.input) for pair in found.tested]
    assert all(dice(pairs(pair.input), each) < LIKE for pair in found.learnt for each in tested)
    assert found.copies > 0
    assert len(found.learnt) + len(found.tested) + found.copies == 10


@given(st.lists(st.text(min_size=1, max_size=12), unique=True, min_size=2, max_size=30), st.floats(0.05, 0.9))
def test_no_pair_is_lost_and_none_is_on_both_sides(inputs: list[str], share: float) -> None:
    found = divided([Pair(input=each, output="x") for each in inputs], share)
    learnt, tested = ({pair.input for pair in side} for side in (found.learnt, found.tested))
    assert not learnt & tested
    assert len(learnt) + len(tested) + found.copies == len(inputs)
    assert tested


def test_one_more_pair_moves_no_other() -> None:
    many = [Pair(input=f"問い合わせ{number}番について", output="x") for number in range(60)]
    before, after = divided(many[:-1], 0.3), divided(many, 0.3)
    assert {p.input for p in before.tested} <= {p.input for p in after.tested}


def test_likeness_is_of_letters_and_not_of_marks() -> None:
    assert dice(pairs("鍵が開きません。"), pairs("鍵が、開きません！")) == 1
    assert dice(pairs("鍵"), pairs("画面")) == 0


def test_examples_stand_before_the_input_without_their_instruction() -> None:
    from kitae.core.dialogue import Dialogue, Message
    from kitae.core.label import Label

    shot = Dialogue(
        id="a",
        messages=(*asked("課を答えます。", "鍵"), Message(role="assistant", content="総務課")),
        kind="task",
        question="鍵",
        answer="総務課",
        answerable=True,
        label=Label.INTERNAL,
        groups=("all",),
        licence="own",
    )
    roles = [(message.role, message.content) for message in asked("課を答えます。", "画面", [shot])]
    assert roles == [("system", "課を答えます。"), ("user", "鍵"), ("assistant", "総務課"), ("user", "画面")]
