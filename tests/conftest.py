"""A tiny company, a tiny model, and the real data beside the checkout."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from kitae.engine.tiny import make_tiny

RULES = """# 就業規則

## 第1章　総則

### 第1条　定義

1. 社員とは、期間の定めなく雇用された者をいう。
2. 深夜勤務とは、午後10時から午前5時までの勤務をいう。

### 第2条　届出

1. 社員は、休暇を取る日の3日前までに所属長に届け出る。
2. 遅刻するときは、始業時刻の30分前までに所属長に連絡する。

## 第2章　休暇

### 第3条　年次有給休暇

1. 会社は、6か月継続して勤務した社員に10日の年次有給休暇を与える。
2. 年次有給休暇は、半日を単位として年に5回まで取ることができる。

### 第4条　慶弔休暇

1. 本人が結婚するときは、5日の休暇を与える。
2. 配偶者が出産するときは、2日の休暇を与える。

### 第5条　在宅勤務

1. 在宅勤務は、1週間につき2日を限度とする。
2. 在宅勤務を希望する者は、総務部長の承認を得る。

### 第6条　出張

1. 国内出張の日当は、1日につき2,300円とする。
2. 海外出張は、出発の14日前までに部長に申請する。

| 役職 | 日当 |
|---|---|
| 部長 | 3,500円 |
| 課長 | 2,900円 |
"""

FAQ = """# よくある質問

### Q. 給与はいつ支払われますか。

A. 毎月25日に支払われます。休日に当たるときは前日に支払われます。

### Q. 社員証をなくしたときはどうしますか。

A. すぐに総務部へ連絡してください。再発行には1,000円かかります。
"""

QUALITY = """品質手順書

第１条（目的）
この手順書は、製品の検査の方法を定める。

第２条（抜取検査）
検査員は、１ロットにつき２０個を抜き取り、寸法を測る。

第３条（校正）
測定器は、１２か月ごとに校正する。
"""

PAGE = """<html><head><title>IT手順</title></head><body><nav><a href="/">ホーム</a> <a href="/x">一覧</a></nav>
<main><h1>IT手順</h1><h2>パスワード</h2><p>パスワードは12文字以上とし、90日ごとに変更する。</p></main>
<footer>Copyright 株式会社ちいさな会社</footer></body></html>
"""

QUESTIONS: tuple[tuple[str, str, list[str], str, str], ...] = (
    ("q1", "結婚するときは何日休めますか。", ["5日"], "第4条　慶弔休暇", "本人が結婚するときは、5日の休暇を与える。"),
    ("q2", "課長の日当はいくらですか。", ["2,900円"], "第6条　出張", "| 課長 | 2,900円 |"),
    ("q3", "妻の出産では何日休めますか。", ["2日"], "第4条　慶弔休暇", "配偶者が出産するときは、2日の休暇を与える。"),
    ("q4", "社宅の家賃はいくらですか。", [], "", ""),
)

TOML = """[project]
name = "tiny"
base = "path:../base"

[[sources]]
name = "rules"
path = "documents"

[[suites]]
name = "unseen"
file = "questions.jsonl"

[instruct]
practice = 0

[train.pretrain]
tokens = 600

[train.tune]
tokens = "1.2k"
"""


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two layers; see `kitae.engine.tiny`."""
    return make_tiny(tmp_path_factory.mktemp("base"))


def write_project(folder: Path, base: Path, *, toml: str = TOML) -> Path:
    """A project folder with the tiny company's documents; `../base` is the tiny model."""
    documents = folder / "documents"
    documents.mkdir(parents=True)
    (documents / "rules.md").write_text(RULES, encoding="utf-8")
    (documents / "faq.md").write_text(FAQ, encoding="utf-8")
    (documents / "quality.txt").write_bytes(QUALITY.encode("cp932"))
    (documents / "it.html").write_text(PAGE, encoding="utf-8")
    lines = [
        {
            "id": name,
            "question": question,
            "answerable": bool(gold),
            "gold": gold,
            "evidence": [{"file": "rules.md", "heading": heading, "quote": quote}] if gold else [],
        }
        for name, question, gold, heading, quote in QUESTIONS
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / "questions.jsonl").write_text(text, encoding="utf-8")
    (folder / "kitae.toml").write_text(toml, encoding="utf-8")
    if not (folder.parent / "base").exists():
        (folder.parent / "base").symlink_to(base, target_is_directory=True)
    return folder


@pytest.fixture
def tiny_project(tmp_path: Path, tiny_base: Path) -> Path:
    """A project of which nothing has been made yet."""
    return write_project(tmp_path / "tiny", tiny_base)


@pytest.fixture(scope="session")
def walked_once(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Path:
    """The tiny project with its whole road walked. Do not change it: take `walked`."""
    from kitae.commands import make_all
    from kitae.project import Project

    folder = write_project(tmp_path_factory.mktemp("walked") / "tiny", tiny_base)
    make_all(Project(folder))
    return folder


@pytest.fixture
def walked(tmp_path: Path, walked_once: Path, tiny_base: Path) -> Path:
    """A copy of the walked project, to be broken."""
    folder = tmp_path / "tiny"
    shutil.copytree(walked_once, folder)
    (tmp_path / "base").symlink_to(tiny_base, target_is_directory=True)
    return folder


@pytest.fixture(scope="session")
def pairs() -> str:
    """A task's file as CSV; no input is nearly another."""
    about = "会議室の鍵 複合機の紙づまり 給与明細の見方 駐車場の予約 名刺の追加 健康診断の日程 経費の締め日"
    rows = [f"{each}について教えてください。,{'甲乙'[number % 2]}係" for number, each in enumerate(about.split())]
    return "\n".join(["input,output", *rows, ""])


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data that nobody here wrote: `KITAE_DATA`, or `../shared/data` beside the checkout."""
    folder = Path(os.environ.get("KITAE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real data is not at {folder}")
        pytest.skip("no real data: set KITAE_DATA to its folder")
    return folder
