"""The forms that published questions have: FastChat's, SQuAD's, JCommonsenseQA's, ELYZA's, and plain JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...core.files import read_text
from ...core.mistakes import Mistake
from .items import Item, Measure

Form = Literal["fastchat", "squad", "choice", "elyza", "plain"]
HINT = "FastChat's question.jsonl, SQuAD's JSON, JCommonsenseQA, a table with input and output, or question and gold"


@dataclass(frozen=True)
class Read:
    """The questions of a file, and how they are scored."""

    form: Form
    measure: Measure
    items: list[Item]


Row = Mapping[str, Any]


def read_questions(file: Path) -> Read:
    """Reads a file of questions in whichever of the known forms it has.

    Raises:
        Mistake: it has none of them, or a question is not like the first.
    """
    rows = list(_rows(file))
    if not rows:
        raise Mistake("a file of questions without a question", where=str(file), hint=HINT)
    first = rows[0][0]
    for form, (keys, measure, read) in FORMS.items():
        if keys <= first.keys():
            return Read(form, measure, [item for row, where in rows for item in _items(read, row, where)])
    keys_found = ", ".join(sorted(first)) or "none"
    raise Mistake(f"no form of questions has the keys {keys_found}", where=str(file), hint=HINT)


def _items(read: Callable[[Row], list[Item]], row: Row, where: str) -> list[Item]:
    try:
        return read(row)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error).splitlines()[0]
        raise Mistake(f"a question that is not like the first: {what}", where=where, hint=HINT) from None


def _rows(file: Path) -> Iterator[tuple[Row, str]]:
    text = read_text(file)
    if file.suffix == ".csv":
        yield from _csv_rows(text, file)
        return
    for row, where in json_rows(text, file):
        if isinstance(row, dict):
            yield row, where
        elif isinstance(row, list):
            yield from (
                (each, f"{where}, entry {number}") for number, each in enumerate(row, 1) if isinstance(each, dict)
            )


def _csv_rows(text: str, file: Path) -> Iterator[tuple[Row, str]]:
    # Not by `splitlines`: a cell may hold line ends of its own, and U+2028 is none.
    rows = csv.DictReader(io.StringIO(text, newline=""))
    try:
        for number, row in enumerate(rows, start=2):
            if None in row or None in row.values():
                what = "a row with more or fewer cells than the first"
                raise Mistake(what, where=f"{file}, row {number}", hint="put cells with a comma into quotes")
            yield row, f"{file}, row {number}"
    except csv.Error as error:
        raise Mistake(f"not a table: {error}", where=str(file), hint="save it as CSV in UTF-8") from None


def json_rows(text: str, file: Path) -> Iterator[tuple[Any, str]]:
    """One JSON value, or one a line.

    Raises:
        Mistake: neither.
    """
    try:
        yield json.loads(text), str(file)
        return
    except ValueError:
        pass
    for number, line in enumerate(text.split("\n"), start=1):  # U+2028 may stand inside a string
        if line.strip():
            try:
                yield json.loads(line), f"{file}, line {number}"
            except ValueError as error:
                raise Mistake(f"not JSON: {error}", where=f"{file}, line {number}", hint=HINT) from None


def _fastchat(row: Row) -> list[Item]:
    turns = [str(turn) for turn in row["turns"]]
    return [
        Item(
            id=str(row["question_id"]),
            category=str(row.get("category", "")),
            turns=tuple(turns),
            # The inline `reference` of FastChat's English questions is one that its judge never sees.
        )
    ]


def _squad(row: Row) -> list[Item]:
    """SQuAD, JSQuAD and JaQuAD. A passage is shown whole; JSQuAD puts its title and `[SEP]` before it.

    In SQuAD 2.0's form some questions have no answer: then all are told that they may say so.
    """
    found = []
    paragraphs = [paragraph for article in row["data"] for paragraph in article["paragraphs"]]
    answered = all(each["answers"] for paragraph in paragraphs for each in paragraph["qas"])
    way_out = "" if answered else "文章に書かれていなければ「分かりません」と書いてください。"
    for place, article in enumerate(row["data"]):
        title = article.get("title") or place
        for number, paragraph in enumerate(article["paragraphs"]):
            context = str(paragraph["context"]).replace(" [SEP] ", "\n", 1)
            for each in paragraph["qas"]:
                gold = tuple(dict.fromkeys(str(answer["text"]) for answer in each["answers"]))
                found.append(_about(context, each, gold, f"{title}#{number}", way_out))
    return found


def _about(context: str, each: Row, gold: tuple[str, ...], cluster: str, way_out: str) -> Item:
    question = str(each["question"])
    turn = f"{context}\n\n質問：{question}\n文章の中の言葉で、答えだけを短く書いてください。{way_out}"
    return Item(id=str(each["id"]), turns=(turn,), gold=gold, asked=question, cluster=cluster)


def _choice(row: Row) -> list[Item]:
    """JCommonsenseQA: five choices, of which the number or the words may be said."""
    choices = [str(row[f"choice{number}"]) for number in range(10) if f"choice{number}" in row]
    label = int(row["label"])
    listed = "\n".join(f"{number}: {choice}" for number, choice in enumerate(choices))
    turn = f"質問：{row['question']}\n選択肢：\n{listed}\n正しい選択肢の番号だけを書いてください。"
    others = [choice for number, choice in enumerate(choices) if number != label]
    if choices[label] in others:
        raise ValueError(f"the right choice `{choices[label]}` stands twice")
    return [Item(id=str(row["q_id"]), turns=(turn,), gold=(str(label), choices[label]), asked=str(row["question"]))]


def _elyza(row: Row) -> list[Item]:
    """ELYZA-tasks-100: what is asked, an answer, and by what it is marked; all of it is shown to a judge."""
    reference = f"{row['output']}\n\n{aspect}" if (aspect := str(row.get("eval_aspect", "")).strip()) else row["output"]
    return [Item(id=str(row.get("id", "")), turns=(str(row["input"]),), references=(str(reference),))]


def _plain(row: Row) -> list[Item]:
    """`question` and either `gold` (a list or one) or, for a judge, `reference`."""
    gold = row.get("gold", row.get("answer", ()))
    gold = (gold,) if isinstance(gold, str) else tuple(gold)
    reference = row.get("reference", ())
    return [
        Item(
            id=str(row.get("id", "")),
            category=str(row.get("category", "")),
            turns=(str(row["question"]),),
            references=(reference,) if isinstance(reference, str) else tuple(reference),
            gold=tuple(map(str, gold)),
            asked=str(row["question"]),
        )
    ]


FORMS: dict[Form, tuple[frozenset[str], Measure, Callable[[Row], list[Item]]]] = {
    "fastchat": (frozenset({"question_id", "turns"}), "judge", _fastchat),
    "squad": (frozenset({"data"}), "gold", _squad),
    "choice": (frozenset({"question", "choice0", "label"}), "choice", _choice),
    "elyza": (frozenset({"input", "output"}), "judge", _elyza),
    "plain": (frozenset({"question"}), "gold", _plain),
}
"""The keys that tell a form, how it is scored, and how a row is read."""
