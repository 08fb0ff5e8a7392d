"""`kitae ask`: one question to the tuned model."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..project import Project
from .outputs import AskOutput, CitedPassage
from .printing import duration, emit


def ask(folder: Path, question: str, groups: tuple[str, ...], *, as_json: bool) -> None:
    """
    Raises:
        Mistake: there is no tuned model yet, or these groups may not use it.
    """
    from ..commands import ask as ask_model

    project = Project(folder)
    answer, model = ask_model(project, question, groups)
    output = AskOutput(
        question=question,
        answer=answer.text,
        abstained=answer.abstained,
        passages=tuple(
            CitedPassage(
                number=each.number,
                id=each.passage.id,
                heading=each.passage.heading,
                text=each.passage.text,
                label=str(each.passage.label),
                cited=each.cited,
            )
            for each in answer.shown
        ),
        model=model.id,
        engine=str(model.facts["engine"]),
        number_format=str(model.facts["number_format"]),
        seconds=round(answer.seconds, 3),
    )

    def text(console: Console) -> None:
        console.print(answer.text, markup=False)
        for each in output.passages:
            if each.cited:
                console.print(f"\n[{each.number}] {each.heading} ({each.label})", markup=False)
                console.print(each.text, markup=False, style="dim")
        console.print(f"\n{model.id}, {output.engine} {output.number_format}, {duration(answer.seconds)}", markup=False)

    emit(output, as_json=as_json, text=text)
