"""`kitae train`: train here, or write the job file that trains on a rented node."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..commands import write_job
from ..core.label import Label
from ..project import Project
from ..rented.job import Job
from ..rented.upload import Upload
from .outputs import TrainJobOutput, UploadLine
from .printing import emit, size
from .run import run


def train(folder: Path, *, job: str, place: str, as_json: bool) -> None:
    """
    Raises:
        Mistake: whatever the stages find; for a job, what `write_job` refuses.
    """
    if not job:
        run(folder, "train", dry=False, place=place, as_json=as_json)
        return
    written, uploads, label = write_job(Project(folder), job, place=place)
    output = _output(folder, written, uploads, label)
    emit(output, as_json=as_json, text=lambda console: _tell(console, output))


def _output(folder: Path, job: Job, uploads: list[Upload], label: Label) -> TrainJobOutput:
    return TrainJobOutput(
        file=str(folder / job.file),
        label=str(label),
        uploads=tuple(
            UploadLine(path=each.path, bytes=each.size, label=str(each.label) if each.label else None)
            for each in uploads
        ),
        edit=job.edit,
        submit=job.submit,
        watch=job.watch,
        bring_back=job.bring_back,
        wipe=job.wipe,
    )


def _tell(console: Console, output: TrainJobOutput) -> None:
    def say(line: str = "") -> None:
        console.print(line, markup=False, soft_wrap=True)

    say(f"wrote {output.file}")
    say(f"\nwhat leaves, {size(sum(each.bytes for each in output.uploads))} in all:")
    for each in output.uploads:
        told = f"{each.label} ({Label(each.label).japanese})" if each.label else "no document's text"
        say(f"  {size(each.bytes):>8}  {each.path}: {told}")
    for title, lines in (
        ("edit", output.edit),
        ("submit, in the project's folder", output.submit),
        ("watch", output.watch),
        ("bring back; `kitae run` goes on from it", output.bring_back),
        ("wipe", output.wipe),
    ):
        say(f"\n{title}:")
        for line in lines:
            say(f"  {line}")
