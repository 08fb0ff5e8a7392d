"""What a person decides about measuring."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ..core.label import EVERYONE, Label
from ..core.noun import Noun
from ..core.quantity import Budget
from ..core.suite import SuiteKind

Way = Literal["closed", "retrieval", "given", "task"]
"""`closed`: the question alone. `retrieval`: with the passages that a search found. `given`: the same, but a passage
with evidence is among them, as a perfect search would have it. `task`: an input of a task, with its instruction."""


class SuiteRecipe(Noun):
    """A suite from a file of questions."""

    name: str
    """How the suite is called in tables: `company.unseen`."""
    file: str
    """JSON Lines, below the project's folder."""
    kind: Literal["unseen", "known"] = "unseen"
    """`unseen`: its documents are kept out of training. `known`: they are trained on."""
    label: Label = Label.INTERNAL
    """Questions and gold tell what the documents say, so they are not public unless somebody says so."""
    groups: tuple[str, ...] = (EVERYONE,)
    """Who may read them."""


class DraftRecipe(Noun):
    """A suite drafted by machine from dialogues that were held out, where nobody wrote questions."""

    name: str = "drafted"
    """How the suite is called in tables."""
    kind: SuiteKind = "known"
    """`known`: sections are held out of the dialogues, but their documents are trained on."""
    rows: str = "held_out"
    """Which rows of the dialogues artifact no training sees."""


class Row(Noun):
    """A row of the decision table: a model, and how knowledge is brought to it."""

    name: str
    """`tuned.retrieval`; for the null rows `null.refuse`, `null.copy` or `null.first`."""
    model: str
    """Which model: `base`, `tuned` …; `null` for a row that needs none."""
    way: Way = "retrieval"
    shots: int = Field(default=0, ge=0)
    """Worked examples in the prompt, from the training dialogues or the task's own pairs."""

    @property
    def searches(self) -> bool:
        """Whether passages are shown."""
        return self.way in ("retrieval", "given")


class JudgeRecipe(Noun):
    """`[judges.NAME]`: a model that reads answers and rates them."""

    endpoint: str = ""
    """Which of `[endpoints]` it is behind."""
    model: str = ""
    """A model that runs here instead: `model/tuned`, `path:FOLDER`, `hf:ORG/NAME`."""
    protocol: str = ""
    """`kitae-ja-single` or `kitae-en-single`, the one in the project's language when left out; or `mtbench`, with the
    published prompts of an imported suite."""
    budget: Budget | None = None
    """What all judgments of one command may cost together, those from earlier starts counted."""
    at_least: float = Field(default=0.95, ge=0, le=1)
    """The rank correlation with labels from which on it counts for the number that decides."""

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if bool(self.endpoint) == bool(self.model):
            raise ValueError("a judge has either an `endpoint` or a `model` that runs here")
        return self


class GateRecipe(Noun):
    """`[gates.NAME]`: how much worse on this suite passes `kitae compare --gate`, on the score's own scale."""

    margin: float = Field(default=0.0, ge=0)
    """Of the whole: points under a judge, a share of right answers elsewhere."""
    categories: dict[str, float] = Field(default_factory=dict)
    """Of single categories; those that are not named are not looked at by themselves."""


class EvaluateRecipe(Noun):
    """How every row of the decision table is measured."""

    passages: int = Field(default=2, ge=1)
    """How many passages are retrieved for a question."""
    max_tokens: int = Field(default=48, ge=1)
    """Where an answer is cut off. Decoding is greedy."""
    given: bool = True
    """Whether there are rows with the right passage given, which tell what the search misses from what is misread."""
    shots: int = Field(default=1, ge=0)
    """Worked examples in the prompt of the base model, which was never taught the form of an answer. Each costs about
    200 tokens with every question, and beyond the model's attention window CTranslate2 reads them one by one."""
    task_tokens: int = Field(default=128, ge=1)
    """Where the output of a task is cut off."""
    task_shots: int = Field(default=8, ge=0)
    """Worked examples of a task in the prompt of the base model, as many as `shot_characters` have room for."""
    shot_characters: int = Field(default=800, ge=0)
    """What all examples of a task have together at most."""
    language: Literal["ja", "en"] = "ja"
    """Of the instruction and of the words around passages and question."""
    groups: tuple[str, ...] = (EVERYONE,)
    """On whose behalf it is searched: the groups that the imagined reader is in."""
