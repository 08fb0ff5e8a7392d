"""A small company of our own, with everything that the extractors look for."""

from __future__ import annotations

import itertools
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import pytest

from kitae.core.artifact import Artifact
from kitae.core.document import Document, Section
from kitae.core.label import EVERYONE, Label, may_read
from kitae.core.making import Making
from kitae.core.noun import Noun
from kitae.core.passage import Hit, Passage, Retriever
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.core.suite import Question, Suite

RULES = """# 就業規則

## 第1章　総則

### 第1条　定義

1. 準社員とは、期間を定めて雇用された者をいう。
2. 早番とは、午前6時から午後3時までの勤務をいう。

### 第2条　届出

1. 社員は、氏名に変更があったときは、変更の日から7日以内に身上異動届を総務課に提出しなければならない。
2. 遅刻するときは、始業時刻の20分前までに所属長に連絡しなければならない。

### 第3条　試用期間

1. 新たに採用した者については、入社日から4か月間を試用期間とする。
2. 試用期間は、勤続年数に通算する。

## 第2章　休暇

### 第4条　年次有給休暇

1. 会社は、入社日に12日の年次有給休暇を与える。
2. 年次有給休暇は、取得する日の3日前までに申請しなければならない。
3. 年次有給休暇は、1年度につき40時間を限度として、時間を単位として取得することができる。

### 第5条　生理休暇

1. 本条による休暇期間の賃金は無給とする。

### 第6条　慶弔休暇

次の日数の休暇を与える。

| 事由 | 日数 |
|---|---|
| 本人が結婚するとき | 6日 |
| 子が結婚するとき | 2日 |
| 父母が死亡したとき | 5日 |

### 第7条　在宅勤務

1. 在宅勤務を希望する者は、部長の承認を得なければならない。
2. 在宅勤務は、1週間につき2日を限度とする。

### 第8条　服務

社員は、次の事項を守らなければならない。

1. 勤務中に私用で持ち場を離れないこと。
2. 他人に代わって打刻しないこと。
"""

MONEY = """# 旅費規程

### 第1条　日当

1. 日当は、次のとおりとする。
    * 役員 ・・・ 4,000円
    * 社員 ・・・ 2,200円
2. 会社が宿舎を手配したときは、日当を支給しない。

### 第2条　宿泊費

1. 宿泊費は、1泊につき9,500円を上限とする。

### 第3条　精算

1. 出張した者は、帰着した日から5営業日以内に旅費精算書を経理課に提出しなければならない。

### 第4条　食事代

1. 帰着の時刻が午後9時を過ぎたときは、食事代として800円を支給する。

### 第5条　図書補助

1. 図書補助は、技能職の社員のみを対象とする。
2. 図書補助を希望する者は、購入日から10日以内に申請しなければならない。

### 第6条　研修補助

1. 研修補助は、社外の研修に参加した者の参加費を補助するものである。
"""

FAQ = """# よくある質問

### Q. 社員証をなくしたときはどうしますか。

A. すぐに総務課へ連絡してください。再発行には900円かかります。

### Q. 作業服は何着もらえますか。

A. 上下2着です。入社日に渡します。
"""


def document_of(
    text: str, name: str, *, label: Label = Label.INTERNAL, groups: tuple[str, ...] = (EVERYONE,)
) -> Document:
    """A Markdown text as the reader would give it."""
    marks = list(text.splitlines(keepends=True))
    starts, place = [], 0
    for line in marks:
        if line.startswith("#"):
            starts.append((place, place + len(line), len(line) - len(line.lstrip("#")), line.strip("# \n")))
        place += len(line)
    sections, path = [], [(0, "")]
    for number, (start, body, level, heading) in enumerate(starts):
        path = [each for each in path if each[0] < level] + [(level, heading)]
        end = starts[number + 1][0] if number + 1 < len(starts) else len(text)
        kind = "faq" if heading.startswith("Q.") else "article" if heading.startswith("第") else "heading"
        names = tuple(each for _, each in path if each)
        sections.append(
            Section(id=f"{name}#{number}", heading=heading, path=names, kind=kind, start=start, end=end, body=body)
        )
    title = starts[0][3]
    return Document(
        id=name, title=title, text=text, sections=tuple(sections), source="s", licence="own", label=label, groups=groups
    )


def passages_of(document: Document) -> list[Passage]:
    """One passage a paragraph."""
    return [
        Passage(
            id=f"{section.id}.{number}",
            document=document.id,
            section=section.id,
            heading=" > ".join(section.path),
            text=paragraph,
            label=document.label,
            groups=document.groups,
        )
        for section in document.sections
        for number, paragraph in enumerate(document.body_text(section).split("\n\n"))
        if paragraph
    ]


class ByLetters:
    """A search that counts common letter pairs."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self._passages = list(passages)

    def search(self, question: str, *, k: int, groups: Collection[str]) -> list[Hit]:
        asked = Counter(itertools.pairwise(question))
        hits = [
            Hit(passage=p, score=float(sum((asked & Counter(itertools.pairwise(t))).values())))
            for p in self._passages
            if may_read(groups, p.groups) and (t := p.heading + p.text)
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))[:k]


def by_letters(passages: Iterable[Passage]) -> Retriever:
    return ByLetters(passages)


class Given(Noun):
    """What a test puts into an artifact; its number tells one from another."""

    number: int = 0


class Company:
    """Artifacts with documents, passages and suites, in a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.making = Making(Store(folder / "store"), Records(folder / "records"))

    def rows(self, kind: str, name: str, table: str, rows: Iterable[Noun]) -> Artifact:
        given = list(rows)

        def write(recipe: Given, run: Run) -> Artifact:
            run.write(table, given)
            return run.seal()

        stage = Stage(name=f"put {name}", kind=kind, function=write, format=1)
        return self.making(stage, name, Given(number=zlib.crc32(repr(given).encode())))

    def documents(self, documents: Iterable[Document]) -> Artifact:
        return self.rows("documents", "trainable", "documents", documents)

    def passages(self, documents: Iterable[Document]) -> Artifact:
        return self.rows("index", "words", "passages", (p for d in documents for p in passages_of(d)))

    def suite(self, *questions: str) -> Artifact:
        asked = tuple(Question(id=str(n), question=q, answerable=False) for n, q in enumerate(questions))
        return self.rows("suite", "unseen", "suite", [Suite(name="unseen", kind="unseen", questions=asked)])


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


@pytest.fixture(scope="session")
def handbook() -> list[Document]:
    return [document_of(RULES, "h/rules.md"), document_of(MONEY, "h/money.md"), document_of(FAQ, "h/faq.md")]


@pytest.fixture(scope="session")
def read() -> Callable[..., Document]:
    """Text → document."""
    return document_of


@pytest.fixture(scope="session")
def retrieve() -> Callable[[Iterable[Passage]], Retriever]:
    return by_letters
