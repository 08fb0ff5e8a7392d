"""`kitae init`: a new project, with a kitae.toml that explains itself."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rich.console import Console

from ..core.mistakes import Mistake
from ..core.suite import read_suite
from ..documents.guess import READABLE, guess_language, guess_profile, readable_files
from ..project import FILE, Project
from .outputs import InitOutput
from .printing import emit

SAMPLE = "yamabiko"


@dataclass(frozen=True)
class _Plan:
    """What the new kitae.toml will say."""

    name: str
    language: str
    sources: tuple[tuple[str, str, str], ...]
    """Name, path and profile."""
    suites: tuple[tuple[str, str, str], ...]
    """Name, file and kind."""


def init(folder: Path, documents: Path | None, questions: Path | None, *, sample: bool, as_json: bool) -> None:
    """
    Raises:
        Mistake: the folder has a project already, or there is nothing to read.
    """
    if (folder / FILE).exists():
        raise Mistake(
            "there is a project already", where=str(folder / FILE), hint="edit it, or name a folder that does not exist"
        )
    if sample == (documents is not None):
        raise Mistake("name a folder of documents, or the sample", hint="`kitae init DIR --documents FOLDER`")
    if documents is None:
        _sample(folder)
    else:
        plan = _own(folder, documents, questions)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(_toml(plan), encoding="utf-8")
    file = Project(folder).file  # what was written must be readable
    output = InitOutput(
        file=str(folder / FILE),
        documents=sum(len(readable_files(folder / source.path)) for source in file.sources),
        sources=tuple(source.name for source in file.sources),
        suites=tuple(suite.name for suite in file.suites),
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
        console.print(f"next: kitae -C {folder} run", markup=False)

    emit(output, as_json=as_json, text=text)


def _sample(folder: Path) -> None:
    """Copies the bundled company, so that its files can be edited and the effect seen."""
    with resources.as_file(resources.files("kitae.sample") / SAMPLE) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True)


def _own(folder: Path, documents: Path, questions: Path | None) -> _Plan:
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
base = "wheel:gemma3-270m"        # or "hf:ORG/NAME" (from the local cache), or "path:FOLDER" / 基にするモデル
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

# [[places]]                      # where work may happen, and what may be there / 作業場所と置いてよい文書
# name = "office"
# may_hold = "restricted"

# [endpoints.api]                 # nothing leaves unless it is declared here / ここに書かない限り何も外に出ません
# url = "https://llm.example/v1"
# model = "model-2026-08-01"
# key = "env:API_KEY"
# may_receive = "public"
# row = true
"""
    )
    return "".join(parts)
