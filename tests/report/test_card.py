"""The card of the tiny project's models, and of throwaway ones where the project has no such case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kitae.core.artifact import Artifact
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.noun import Noun
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.gate.policy import Place
from kitae.project import Project
from kitae.report.card import card
from kitae.report.subject import Told

PLACE = Place(
    name="office",
    may_hold=Label.RESTRICTED,
    watts=200,
    power_source="hydro",
    grams_co2_per_kwh=500,
    grid_source="example grid 2024",
)


def told(folder: Path, name: str = "model/tuned", **more: Any) -> Told:
    project = Project(folder)
    given: dict[str, Any] = {"project": "tiny", "language": "en", "against": "base.retrieval", "store": project.store}
    return Told(model=project.store.named(name), **(given | more))


def section(text: str, heading: str) -> str:
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def matter(text: str) -> dict[str, Any]:
    _, front, _ = text.split("---\n", 2)
    found: dict[str, Any] = yaml.safe_load(front)
    return found


def test_the_front_matter_is_what_the_hub_reads(walked_once: Path) -> None:
    text = card(told(walked_once))
    assert text.startswith("---\n")
    assert matter(text) == {
        "license": "other",
        "license_name": "apache-2.0-and-own-and-unknown",
        "base_model": "base",
        "base_model_relation": "finetune",
        "language": ["en"],
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["kitae", "pretrain", "tune", "full", "lora"],
    }
    adapter = matter(card(told(walked_once, adapter=True)))
    assert (adapter["base_model_relation"], adapter["library_name"]) == ("adapter", "peft")
    assert "base_model_relation" not in matter(card(told(walked_once, "model/trimmed")))


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", ["model/tuned", "model/pretrained", "model/trimmed", "model/base"])
def test_every_model_has_a_card_in_the_language_of_its_project(walked_once: Path, name: str, language: str) -> None:
    text = card(told(walked_once, name, language=language))
    assert ("## ライセンスを合わせると" in text) is (language == "ja")
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)
    assert "\n\n\n" not in text
    assert "None" not in text.replace("None of the licences", "")


def test_a_vocabulary_that_llama_cpp_cannot_convert_is_named(
    walked_once: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for readable in (False, True):
        monkeypatch.setattr("kitae.report.subject.has_sentencepiece", lambda _, known=readable: known)
        assert ('`vocabulary = "keep"`' in card(told(walked_once))) is not readable
        assert "llama.cpp" not in card(told(walked_once, "model/base"))
        assert "llama.cpp" not in card(told(walked_once, adapter=True))


def test_it_names_no_machine_and_no_path(walked_once: Path) -> None:
    tuned = told(walked_once, place=PLACE)
    text = card(tuned)
    assert str(walked_once) not in text
    assert "path:" not in text and "../" not in text
    assert str(tuned.model.measured["host"]) not in text.split()


def test_data_are_told_with_licence_label_and_groups(walked_once: Path) -> None:
    data = section(card(told(walked_once)), "Data")
    for name, used in (
        ("documents/trainable", "vocabulary"),
        ("corpus/main", "pretraining"),
        ("dialogues/main", "tun"),
    ):
        (row,) = [line for line in data.splitlines() if line.startswith(f"| `{name}@")]
        assert used in row
        assert "| own" in row and row.endswith("| internal | all |")
    assert "| rules | 4 |" in data


def test_documents_that_training_never_saw_are_not_named(walked_once: Path) -> None:
    found = told(walked_once)
    documents = {each.id.partition("@")[0] for each in found.store.artifacts("documents")}
    assert documents == {"documents/all", "documents/trainable"}
    (source,) = found.sources
    seen = found.store.named("documents/trainable")
    assert source.characters == sum(len(row["text"]) for row in seen.raw("documents"))
    assert source.characters < sum(len(row["text"]) for row in found.store.named("documents/all").raw("documents"))


def test_training_is_told_course_by_course(walked_once: Path) -> None:
    found = told(walked_once, place=PLACE)
    text = card(found)
    facts = found.model.facts
    training = section(text, "Training")
    assert "| method | full | LoRA, rank 16, alpha 32 |" in training
    assert f"{facts['held_out_loss_before']:.3f} → {facts['held_out_loss_after']:.3f} |" in training
    assert f"| {facts['trained_tokens']:,} |" in training
    spent = section(text, "Hours and electricity")
    assert "estimated: 200 W" in spent and "hydro" in spent and "example grid 2024" in spent
    assert "## Training" not in card(told(walked_once, "model/trimmed"))


def test_scores_are_those_of_this_model_and_never_pooled(walked_once: Path) -> None:
    scores = section(card(told(walked_once)), "Scores")
    assert "### unseen" in scores
    for row in ("**tuned.closed**", "**tuned.retrieval**", "null.refuse", "base.retrieval (1 shown)"):
        assert f"| {row} |" in scores
    assert "int8" in scores
    own = section(card(told(walked_once, "model/trimmed")), "Scores")
    assert "**base.closed**" in own and "tuned" not in own
    assert "Not measured." in section(card(told(walked_once, "model/pretrained")), "Scores")


class Nothing(Noun):
    pass


def made(
    folder: Path, kind: str, name: str, *, facts: dict[str, Any], stage: str = "", learnt_from: str = "", **labels: Any
) -> Artifact:
    """A model or scorecard of a throwaway stage, in a project's store."""
    project = Project(folder)

    def function(recipe: Nothing, run: Run, **given: Any) -> Artifact:
        run.facts(**facts)
        if labels:
            run.label(**labels)
        run.write("scores", [])
        return run.seal()

    before = "model/tuned-int8" if kind == "scorecard" else learnt_from
    inputs = {"model": project.store.named(before)} if before else {}
    with project.store.lock():
        return Making(project.store, project.records)(Stage(stage or kind, kind, function, 1), name, Nothing(), inputs)


def test_each_course_is_called_by_its_name_with_what_it_forgot(walked: Path) -> None:
    base = told(walked).base
    assert base is not None
    facts = {"method": "lora", "number_format": "float32", "vocabulary": base.facts["vocabulary"]}
    made(walked, "model", "preferred", facts=facts, stage="prefer", learnt_from="model/tuned")
    found = told(walked, "model/preferred")
    text = card(found)
    assert "(continued pretraining, tuning, learning of preferences)" in text
    assert "| | continued pretraining | tuning | learning of preferences |" in section(text, "Training")
    losses = [[each.facts[f"general_loss_{when}"] for when in ("before", "after")] for each in found.courses[:2]]
    told_of = " | ".join(f"{before:.3f} → {after:.3f}" for before, after in losses)
    assert f"| loss, general text (what is forgotten) | {told_of} | – |" in section(text, "Training")
    assert "継続事前学習、指示学習、選好学習" in card(told(walked, "model/preferred", language="ja"))


def test_a_score_that_not_everybody_may_see_is_left_out_and_said_so(walked: Path) -> None:
    before = told(walked)
    assert before.withheld == 0
    labels: dict[str, Any] = {"label": Label.RESTRICTED, "groups": ["all"], "licences": []}
    row = {"name": "tuned.secret", "model": "tuned", "way": "closed"}
    made(walked, "scorecard", "tuned.secret", facts={"row": row, "suites": {}}, **labels)
    after = told(walked)
    assert after.withheld == 1
    assert "tuned.secret" not in card(after)
    assert "left out here: 1." in card(after)


def test_words_of_a_project_cannot_break_the_card(walked: Path) -> None:
    nasty = "x | y\n# <script>`*["
    licences = ["house | terms\n---"]
    facts = {"base": "hf:org/name", "licence": "mit", "number_format": "float32"}
    model = made(walked, "model", "odd", facts=facts, label=Label.PUBLIC, groups=["a | b"], licences=licences)
    text = card(told(walked, f"model/{model.name}", project=nasty))
    assert matter(text)["license_name"] == "house | terms\n---"
    assert "<script>" not in text.replace("\\<script>", "")
    assert "\n# \\<" not in text
    assert "unknown: read it" in text


def test_what_is_gone_from_the_store_is_said_and_not_summed(walked: Path) -> None:
    project = Project(walked)
    gone = project.store.named("model/pretrained")
    project.store.remove(gone.folder)
    text = card(told(walked, place=PLACE))
    assert gone.id in section(text, "Data")
    assert "kWh" not in text
