from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from kitae.core.artifact import Artifact
from kitae.core.dialogue import Dialogue
from kitae.core.document import Document
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.core.passage import Passage
from kitae.core.suite import squeeze
from kitae.engine.grounding import ABSTAIN, read_answer
from kitae.instruct.cost import cost
from kitae.instruct.recipe import InstructRecipe
from kitae.instruct.stage import STAGE

Retrieve = Callable[[Iterable[Passage]], Any]


def made(
    company: Any,
    documents: list[Document],
    retrieve: Retrieve,
    recipe: InstructRecipe | None = None,
    *,
    trainable: list[Document] | None = None,
    suites: list[Artifact] | None = None,
) -> Artifact:
    given = {
        "documents": company.documents(documents if trainable is None else trainable),
        "passages": company.passages(documents),
    }
    if suites:
        given["suites"] = suites
    artifact: Artifact = company.making(
        STAGE, "main", recipe or InstructRecipe(dialogues=60, practice=0), given, given=lambda: {"retrieve": retrieve}
    )
    return artifact


def dialogues(artifact: Artifact) -> list[Dialogue]:
    return [d for name in ("dialogues", "held_out") for d in artifact.rows(name, Dialogue)]


def shown(company: Any, documents: list[Document]) -> dict[str, Passage]:
    return {p.id: p for p in company.passages(documents).rows("passages", Passage)}


@pytest.fixture
def artifact(company: Any, handbook: list[Document], retrieve: Retrieve) -> Artifact:
    return made(company, handbook, retrieve)


def test_every_answer_cites_the_passage_that_holds_it(
    company: Any, handbook: list[Document], artifact: Artifact
) -> None:
    library = shown(company, handbook)
    answered = [d for d in dialogues(artifact) if d.answerable and d.passages]
    assert len(answered) > 20
    for dialogue in answered:
        reading = read_answer(dialogue.messages[-1].content, [library[name] for name in dialogue.passages])
        assert reading.cited == dialogue.gold
        assert reading.invalid == ()
        if dialogue.kind not in ("permission", "list"):
            fact = re.sub(r"です。$|。$", "", dialogue.answer)
            assert squeeze(fact) in squeeze(library[dialogue.gold[0]].heading + library[dialogue.gold[0]].text)


def test_wrong_passages_come_from_other_sections(company: Any, handbook: list[Document], artifact: Artifact) -> None:
    library = shown(company, handbook)
    for dialogue in dialogues(artifact):
        if dialogue.answerable and dialogue.passages:
            wrong = [name for name in dialogue.passages if name not in dialogue.gold]
            assert library[dialogue.gold[0]].section not in {library[name].section for name in wrong}


def test_another_piece_of_the_same_section_is_never_shown_as_a_wrong_one(
    company: Any, handbook: list[Document], read: Callable[..., Document], retrieve: Retrieve
) -> None:
    body = (
        "賃貸の社宅の家賃は、月12,000円とする。",
        "賃貸の社宅の鍵は、総務課長が保管する。",
        "賃貸の社宅では、犬を飼ってはならない。",
    )
    gap = "\n\n"
    document = read(f"# 社宅規程\n\n### 第1条　賃貸の社宅\n\n{gap.join(body)}\n", "h/house.md")
    found = [d for d in dialogues(made(company, [*handbook, document], retrieve)) if "h/house.md#1" in d.made_from]
    assert any(d.answerable and len(d.passages) > 1 for d in found)
    for dialogue in found:
        if dialogue.answerable and dialogue.passages:
            assert sum(name.startswith("h/house.md#1.") for name in dialogue.passages) == 1


def test_what_cannot_be_answered_is_refused_without_a_citation(artifact: Artifact) -> None:
    refused = [d for d in dialogues(artifact) if not d.answerable]
    assert {d.messages[-1].content for d in refused} == {ABSTAIN}
    assert {d.answer for d in refused} == {""}
    assert {d.kind.split(".")[1] for d in refused} >= {"removed", "outside", "nothing"}


def test_a_removed_answer_stands_in_no_passage_that_is_shown(
    company: Any, handbook: list[Document], artifact: Artifact
) -> None:
    for dialogue in dialogues(artifact):
        if dialogue.kind == "unanswerable.removed":
            sections = {name.rpartition(".")[0] for name in dialogue.passages}
            assert not sections & set(dialogue.made_from)


def test_the_shares_are_those_of_the_recipe(company: Any, handbook: list[Document], retrieve: Retrieve) -> None:
    recipe = InstructRecipe(dialogues=50, practice=0, unanswerable=0.3, closed=0.2)
    found = dialogues(made(company, handbook, retrieve, recipe))
    assert 45 <= len(found) <= 50
    assert abs(sum(not d.answerable for d in found) / len(found) - 0.3) < 0.06
    assert abs(sum(d.kind == "closed" for d in found) / len(found) - 0.2) < 0.06


def test_there_are_never_more_than_the_budget(company: Any, handbook: list[Document], retrieve: Retrieve) -> None:
    assert len(dialogues(made(company, handbook, retrieve, InstructRecipe(dialogues=7, practice=0)))) <= 7


def test_too_few_facts_make_fewer_dialogues_in_the_same_shares(
    company: Any, read: Callable[..., Document], retrieve: Retrieve
) -> None:
    small = [read("# 規則\n\n### 第1条　定年\n\n定年は、満62歳とする。\n\n### 第2条　服務\n\n職務に専念する。\n", "s")]
    found = dialogues(made(company, small, retrieve, InstructRecipe(dialogues=400, practice=0)))
    assert 2 <= len(found) <= 10


def test_closed_book_dialogues_show_and_cite_nothing(artifact: Artifact) -> None:
    closed = [d for d in dialogues(artifact) if d.kind == "closed"]
    assert closed
    for dialogue in closed:
        assert [message.role for message in dialogue.messages] == ["user", "assistant"]
        assert dialogue.passages == ()
        assert "[" not in dialogue.messages[-1].content
        assert dialogue.made_from


def test_held_out_dialogues_are_whole_sections(artifact: Artifact) -> None:
    train = {d.made_from[0] for d in artifact.rows("dialogues", Dialogue)}
    held = list(artifact.rows("held_out", Dialogue))
    total = len(dialogues(artifact))
    assert 0.03 <= len(held) / total <= 0.1
    assert not train & {d.made_from[0] for d in held}


def test_sections_that_may_not_be_trained_on_are_neither_asked_nor_shown(
    company: Any, handbook: list[Document], retrieve: Retrieve
) -> None:
    rules, kept_back = handbook[0], handbook[0].sections[4]
    rest = tuple(s for s in rules.sections if s.id != kept_back.id)
    trainable = [rules.model_copy(update={"sections": rest}), *handbook[1:]]
    found = dialogues(made(company, handbook, retrieve, trainable=trainable))
    assert kept_back.heading == "第3条　試用期間"
    for dialogue in found:
        assert kept_back.id not in dialogue.made_from
        assert f"{kept_back.id}.0" not in dialogue.passages
        assert "4か月" not in dialogue.messages[-1].content


def test_labels_and_groups_are_those_of_all_that_is_shown_and_nothing_secret_stands_beside_the_open(
    company: Any, handbook: list[Document], retrieve: Retrieve
) -> None:
    secret = handbook[1].model_copy(update={"label": Label.CONFIDENTIAL, "groups": ("hr",)})
    documents = [handbook[0], secret, handbook[2]]
    library = shown(company, documents)
    found = dialogues(made(company, documents, retrieve))
    assert {d.label for d in found} == {Label.INTERNAL, Label.CONFIDENTIAL}
    for dialogue in found:
        passages = [library[name] for name in dialogue.passages]
        if not passages:
            continue
        assert dialogue.label == max((p.label for p in passages), key=lambda label: label.rank)
        assert dialogue.groups == (("hr",) if any(p.groups == ("hr",) for p in passages) else ("all",))
        gold = [library[name] for name in dialogue.gold]
        if gold and gold[0].label is Label.INTERNAL:
            assert {p.label for p in passages} == {Label.INTERNAL}


def test_questions_of_a_suite_are_dropped_and_the_ledger_says_so(
    company: Any, handbook: list[Document], retrieve: Retrieve
) -> None:
    first = made(company, handbook, retrieve)
    asked = [d.question for d in dialogues(first)][:5]
    again = made(company, handbook, retrieve, suites=[company.suite(*asked)])
    assert not set(asked) & {d.question for d in dialogues(again)}
    reasons = Counter(row["reason"] for row in again.raw("ledger"))
    assert reasons["nearly a question of a suite"] >= 5


def test_the_ledger_says_what_was_dropped_and_why(artifact: Artifact) -> None:
    rows = list(artifact.raw("ledger"))
    assert rows
    assert all(row["reason"] and row["section"] and row["kind"] for row in rows)
    assert sum(artifact.facts["dropped"].values()) == len(rows)


def test_the_same_documents_make_the_same_content_anywhere_with_or_without_a_memory(
    tmp_path: Path, company: Any, handbook: list[Document], retrieve: Retrieve, artifact: Artifact
) -> None:
    elsewhere = type(company)(tmp_path / "elsewhere")
    assert made(elsewhere, handbook, retrieve).content == artifact.content
    company.making.store.remove(artifact.folder)
    misses = company.making.memo.misses
    assert made(company, handbook, retrieve).content == artifact.content
    assert company.making.memo.misses == misses


def test_an_edited_section_is_the_only_one_that_is_asked_anew(
    company: Any, handbook: list[Document], read: Callable[..., Document], retrieve: Retrieve
) -> None:
    made(company, handbook, retrieve)
    misses = company.making.memo.misses
    edited = read(handbook[1].text.replace("800円", "850円"), "h/money.md")
    found = made(company, [handbook[0], edited, handbook[2]], retrieve)
    assert company.making.memo.misses == misses + 1
    assert not any("800円" in message.content for d in dialogues(found) for message in d.messages)


def test_documents_that_tell_nothing_are_a_mistake(
    company: Any, read: Callable[..., Document], retrieve: Retrieve
) -> None:
    with pytest.raises(Mistake, match="nothing that can be asked"):
        made(company, [read("# 詩\n\n### 空\n\n空は青く、風は涼しい\n", "p")], retrieve)


def test_the_facts_count_what_was_made(artifact: Artifact) -> None:
    found = dialogues(artifact)
    assert artifact.facts["kinds"] == dict(Counter(d.kind for d in found))
    assert artifact.facts["dialogues"] + artifact.facts["held_out"] == len(found)
    assert artifact.facts["answerable"] == pytest.approx(sum(d.answerable for d in found) / len(found), abs=1e-3)


def test_shares_that_leave_no_room_for_answers_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="leave less than a tenth"):
        InstructRecipe(unanswerable=0.6, closed=0.4)


def test_the_budget_may_be_written_as_people_write_it() -> None:
    assert InstructRecipe.model_validate({"dialogues": "1.2k"}).dialogues == 1200


def test_the_cost_is_an_estimate_and_grows() -> None:
    assert cost(100_000, 400).how == "estimated"
    assert cost(200_000, 400).value > cost(100_000, 400).value


def test_the_practice_brings_its_licence(company: Any, handbook: list[Document], retrieve: Retrieve) -> None:
    own = made(company, handbook, retrieve)
    mixed = made(company, handbook, retrieve, InstructRecipe(dialogues=20, practice=20))
    assert "Apache-2.0" in mixed.licences
    assert "Apache-2.0" not in own.licences
