"""`kitae init`: a new project, with a kitae.toml that explains itself."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from pathlib import Path

from rich.console import Console

from ..adopt.sources import find_base
from ..core.mistakes import Mistake
from ..core.quantity import Money
from ..core.spelled import money
from ..core.suite import read_suite
from ..costing import Look, first_look
from ..documents.guess import READABLE, guess_language, guess_profile, readable_files
from ..gate.policy import parse_gpu
from ..plan.cards import card
from ..project import FILE, Project
from .outputs import InitOutput, TrainingLine
from .printing import duration, emit

SAMPLE = "yamabiko"
BASE = "wheel:gemma3-270m"
RENTED = "rented"


@dataclass(frozen=True)
class _Plan:
    """What the new kitae.toml will say."""

    name: str
    language: str
    base: str
    gpu: str
    """Of the place that is rented; empty where none is named."""
    sources: tuple[tuple[str, str, str], ...]
    """Name, path and profile."""
    suites: tuple[tuple[str, str, str], ...]
    """Name, file and kind."""


def init(
    folder: Path,
    documents: Path | None,
    questions: Path | None,
    *,
    sample: bool,
    as_json: bool,
    base: str = BASE,
    gpu: str = "",
) -> None:
    """
    Raises:
        Mistake: the folder has a project already, there is nothing to read, or base or GPU cannot be.
    """
    if (folder / FILE).exists():
        raise Mistake(
            "there is a project already", where=str(folder / FILE), hint="edit it, or name a folder that does not exist"
        )
    if sample == (documents is not None):
        raise Mistake("name a folder of documents, or the sample", hint="`kitae init DIR --documents FOLDER`")
    if sample and (gpu or base != BASE):
        raise Mistake(
            "the sample has its base and its places already",
            where="--base, --place",
            hint="edit kitae.toml of the sample, or take a folder of documents",
        )
    if documents is None:
        _sample(folder)
    else:
        base = _check(folder, base, gpu)
        plan = _own(folder, documents, questions, base, gpu)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(_toml(plan), encoding="utf-8")
    project = Project(folder)  # what was written must be readable
    file = project.file
    look = first_look(project, RENTED) if gpu else None
    output = InitOutput(
        file=str(folder / FILE),
        documents=sum(len(readable_files(folder / source.path)) for source in file.sources),
        sources=tuple(source.name for source in file.sources),
        suites=tuple(suite.name for suite in file.suites),
        training=_training(look) if look else None,
    )

    def text(console: Console) -> None:
        console.print(f"{output.documents} documents found; wrote {output.file}", markup=False)
        for source in file.sources:
            told = f"  source {source.name}: {source.path}, profile {source.profile}, label {source.label}"
            console.print(told, markup=False)
        for suite in file.suites:
            console.print(f"  suite {suite.name}: {suite.file} ({suite.kind})", markup=False)
        for task in file.tasks:
            console.print(f"  task {task.name}: {task.file}", markup=False)
        for line in _told(look) if look else ():
            console.print(line, markup=False)
        console.print(f"next: kitae -C {folder} run", markup=False)

    emit(output, as_json=as_json, text=text)


def _check(folder: Path, base: str, gpu: str) -> str:
    """The base as kitae.toml writes it, before anything is written.

    Raises:
        Mistake: the base is not here, the GPU cannot be read, or nothing is known of the card.
    """
    scheme, _, path = base.partition(":")
    if scheme == "path":
        # On the command line a path begins here, in the file at the project.
        base = f"path:{Path(path).expanduser().resolve().as_posix()}"
    if base != BASE:
        find_base(base, folder)
    if gpu:
        read = parse_gpu(gpu)
        if read is None:
            raise Mistake("a place without a GPU is not rented", where="--place", hint='write "a100-80x8"')
        card(read.card)
    return base


def _training(look: Look) -> TrainingLine:
    found = look.found
    return TrainingLine(
        memory_gib=found.memory.total,
        of_gib=found.gpu.gib,
        fits=found.fits,
        hours=found.wall_hours,
        jpy=found.cost.jpy if found.cost else None,
        price=look.price,
        warnings=found.warnings,
    )


def _told(look: Look) -> list[str]:
    """Fit, hours, yen."""
    found = look.found
    fits = "fits" if found.fits else "does not fit"
    lines = [f"  training on {look.gpu}: about {found.memory.total:,.0f} of {found.gpu.gib} GiB a GPU: {fits}"]
    hours = found.wall_hours
    lines += [f"  about {duration(hours.mid * 3600)}, {duration(hours.low * 3600)} to {duration(hours.high * 3600)}"]
    if found.cost is None:
        return [*lines, f"  no price of {look.gpu} is known: set yen_per_hour of the place"]
    yen = Money(amount=Decimal(round(found.cost.jpy + found.cost.tax_jpy)), currency="JPY")
    lines += [f"  about {money(yen)} with tax, at {look.price}; `kitae plan` tells more"]
    return [*lines, *(f"  {warning}" for warning in found.warnings[:1])]


def _sample(folder: Path) -> None:
    """Copies the bundled company, so that its files can be edited and the effect seen."""
    with resources.as_file(resources.files("kitae.sample") / SAMPLE) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True)


def _own(folder: Path, documents: Path, questions: Path | None, base: str, gpu: str) -> _Plan:
    if not documents.is_dir():
        raise Mistake("the folder of documents does not exist", where=str(documents), hint="name an existing folder")
    if not readable_files(documents):
        kinds = " ".join(READABLE)
        raise Mistake("no readable document in the folder", where=str(documents), hint=f"kitae reads {kinds}")
    suites: tuple[tuple[str, str, str], ...] = ()
    if questions is not None:
        read_suite(questions, name="unseen", kind="unseen")
        copy = folder / "questions" / "unseen.jsonl"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(questions, copy)
        suites = (("unseen", "questions/unseen.jsonl", "unseen"),)
    source = documents.resolve()
    inside = source.is_relative_to(folder.resolve())
    path = source.relative_to(folder.resolve()).as_posix() if inside else source.as_posix()
    return _Plan(
        name=folder.resolve().name,
        language=guess_language(documents),
        base=base,
        gpu=gpu,
        sources=(("documents", path, guess_profile(documents)),),
        suites=suites,
    )


def _toml(plan: _Plan) -> str:
    """The file, with comments in both languages. Values go through JSON, whose strings are TOML strings too."""

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    parts = [
        f"""# kitae.toml: what this project is made of. An unknown key is an error.
# このプロジェクトの設定。知らないキーはエラーになります。

[project]
name = {quoted(plan.name)}
language = {quoted(plan.language)}
base = {quoted(plan.base)}        # or "hf:ORG/NAME" (from the local cache), or "path:FOLDER" / 基にするモデル
"""
    ]
    if plan.suites:
        parts.append(
            f"""
[goal]
suite = {quoted(plan.suites[0][0])}                  # the score that decides / 判断に使う設問
at_least = 0.5
"""
        )
    for name, path, profile in plan.sources:
        parts.append(
            f"""
[[sources]]                       # a folder of documents / 文書のフォルダー
name = {quoted(name)}
path = {quoted(path)}
profile = {quoted(profile)}              # which rules judge it: handbook or plain / 取捨の基準
label = "internal"                # public < internal < confidential < restricted / 公開・社内・秘・極秘
groups = ["all"]                  # who may read it / 読める人
licence = "own"
"""
        )
    for name, file, kind in plan.suites:
        parts.append(
            f"""
[[suites]]                        # questions with known answers; never training data / 評価用の設問
name = {quoted(name)}
file = {quoted(file)}
kind = {quoted(kind)}                   # unseen: their articles are kept out of training; known: they are trained on
"""
        )
    parts.append(
        """
[instruct]
maker = "extract"                 # needs no model / モデルを使わずに対話データを作ります
practice = "10k"                  # further dialogues about other companies' rules / 付属の読解練習からの対話
unanswerable = 0.35               # share of questions that the passages do not answer / 答えのない設問の割合

[knowledge.search]
k = 2                             # passages in a prompt, in training as in use / プロンプトに入れる文書の数
candidates = 4                    # passages the tuned model reads to choose those / 学習後のモデルが読み比べる候補の数

[train.pretrain]
tokens = "16k"                    # 0 leaves continued pretraining out / 継続事前学習（0で省略）
method = "lora"                   # or "full": every weight, with four times the memory / 全重みなら "full"
learning_rate = 3e-4

[train.tune]
tokens = "600k"                   # how much the tuning reads: 14 minutes on two cores / 指示学習の量

# [[variants]]                    # a further model in the decision table / 比較表にモデルを加える
# name = "tune-only"
# set = { "train.pretrain.tokens" = 0 }

PLACES
# [endpoints.api]                 # nothing leaves unless it is declared here / ここに書かない限り何も外に出ません
# url = "https://llm.example/v1"
# model = "model-2026-08-01"
# key = "env:API_KEY"
# may_receive = "public"
# row = true
""".replace("PLACES\n", _places(plan.gpu))
    )
    return "".join(parts)


def _places(gpu: str) -> str:
    """The office, as a comment where it is the only one; what is rented begins with the lowest label."""
    told = "# where work may happen, and what may be there / 作業場所と置いてよい文書"
    if not gpu:
        return f"""# [[places]]                      {told}
# name = "office"
# may_hold = "restricted"

"""
    return f"""[[places]]                        {told}
name = "office"
may_hold = "restricted"

[[places]]                        # rented / 借りる計算機
name = "{RENTED}"
gpu = "{gpu}"
may_hold = "public"               # raise it when somebody has decided so / 置いてよいと決めたら上げてください
# yen_per_hour = 5000             # of all its nodes, with today's price / 1時間の金額

"""
