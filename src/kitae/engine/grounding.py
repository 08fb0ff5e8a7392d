"""How passages stand in a prompt, and how citations and refusals are read from an answer.

Every token of a prompt costs time, so the form is short: one instruction, the passages with their numbers and last
headings, the question. Training, evaluation and serving use the same form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ..core.dialogue import Dialogue, Message
from ..core.passage import Passage

Language = Literal["ja", "en"]

ABSTAIN: Final = "資料には書かれていません。"
"""The reply when the documents do not tell."""

ABSTAIN_EN: Final = "The documents do not say."


@dataclass(frozen=True, slots=True)
class _Words:
    instruction: str
    documents: str
    nothing: str
    question: str
    abstain: str


_WORDS: Final[dict[str, _Words]] = {
    "ja": _Words(
        instruction=f"資料だけをもとに短く答え、最後に資料の番号を[1]のように付けます。資料になければ「{ABSTAIN}」と答えます。",
        documents="資料：",
        nothing="資料：（該当なし）",
        question="質問：",
        abstain=ABSTAIN,
    ),
    "en": _Words(
        instruction="Answer briefly from the documents only and end with the document's number, like [1]. "
        f'If they do not tell, answer "{ABSTAIN_EN}"',
        documents="Documents:",
        nothing="Documents: (none found)",
        question="Question: ",
        abstain=ABSTAIN_EN,
    ),
}

_HEADINGS_SHOWN = 2
"""How many of a passage's last headings stand above it: the article, and the chapter or document it is in."""


def abstain(language: Language = "ja") -> str:
    """The standard sentence that says that the documents do not tell."""
    return _WORDS[language].abstain


def grounded(
    question: str,
    passages: Sequence[Passage] | None,
    *,
    shots: Sequence[Dialogue] = (),
    language: Language = "ja",
) -> list[Message]:
    """The messages that ask a question.

    Args:
        question: What is asked.
        passages: What a search found, numbered from 1 in this order. `None`: closed book, nothing was searched, and the
            question stands alone. Empty: a search found nothing, and the prompt says so.
        shots: Worked examples, shown as earlier turns (their own system messages are left out).
        language: Of the instruction and of the words around passages and question.

    Returns:
        With passages: a system message, the shots' turns, and the user's. Closed book: the shots' turns and the user's.
    """
    words = _WORDS[language]
    earlier = [message for shot in shots for message in shot.messages if message.role != "system"]
    if passages is None:
        return [*earlier, Message(role="user", content=question)]
    shown = "\n\n".join(_numbered(number, passage) for number, passage in enumerate(passages, start=1))
    documents = f"{words.documents}\n{shown}" if passages else words.nothing
    return [
        Message(role="system", content=words.instruction),
        *earlier,
        Message(role="user", content=f"{documents}\n\n{words.question}{question}"),
    ]


def _numbered(number: int, passage: Passage) -> str:
    headings = [part.strip() for part in passage.heading.split(" > ") if part.strip()]
    return f"[{number}] {' > '.join(headings[-_HEADINGS_SHOWN:])}".rstrip() + f"\n{passage.text.strip()}"


def answer_with_citation(answer: str, numbers: Iterable[int]) -> str:
    """An answer in the form that a model learns to give: `5日です。[1]`, `AとBです。[1][3]`."""
    return answer.strip() + "".join(f"[{number}]" for number in numbers)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says, what it cites, and whether it says that the documents do not tell."""

    answer: str
    """Without citations."""
    cited: tuple[str, ...]
    """Ids of the shown passages it names, in the order of their first mention."""
    invalid: tuple[str, ...]
    """Citations of what was not shown, as `[7]`."""
    abstained: bool


def read_answer(text: str, shown: Sequence[Passage]) -> Reading:
    """Reads an answer to a prompt that showed these passages.

    Citations may stand anywhere, in half-width, full-width or lenticular brackets, alone or as lists: `[1]`, `［１］`,
    `【1】`, `[1][2]`, `[1, 2]`, `[1、2]`, `[資料1]`. Numbers of more than two digits are no citations (`[2024]`).
    """
    numbers: list[int] = []
    for match in _CITATION.finditer(text):
        for digits in re.findall(r"\d+", match["numbers"]):
            if int(digits) not in numbers:  # int() and \d know full-width digits
                numbers.append(int(digits))
    valid = [number for number in numbers if 1 <= number <= len(shown)]
    answer = _without_citations(text)
    return Reading(
        answer=answer,
        cited=tuple(dict.fromkeys(shown[number - 1].id for number in valid)),
        invalid=tuple(f"[{number}]" for number in numbers if number not in valid),
        abstained=abstained(answer, cites=bool(valid)),
    )


_BRACKETED = (
    r"[\[［【〔]\s*(?:資料|文書|出典|passage|document|source)?\s*"
    r"(NUMBERS\d{1,2}(?:\s*[,，、・;]\s*(?:資料|文書)?\s*\d{1,2})*)\s*[\]］】〕]"
)
_CITATION = re.compile(_BRACKETED.replace("NUMBERS", "?P<numbers>"), re.IGNORECASE)
_LEAD = r"(?:(?:出典|参照|参考|根拠|sources?|see)\s*[:：]?\s*)?"
_CITATIONS = re.compile(
    rf"[ \t　]*(?:[(（]\s*)?{_LEAD}(?:{_BRACKETED.replace('NUMBERS', '?:')})+(?:\s*[)）])?", re.IGNORECASE
)
"""Citations in a row, with the space and the words or round brackets that only lead to them."""


def _without_citations(text: str) -> str:
    text = _CITATIONS.sub("", text)
    return re.sub(r"[ \t　]+$", "", text, flags=re.MULTILINE).strip()


# Does an answer say that the documents do not tell? Each clause is a denial, filler, or a claim; an answer abstains
# when it denies somewhere and claims nowhere. 「定めがありませんが、5日です」 denies and then claims: no abstention.


def abstained(answer: str, *, cites: bool = False) -> bool:
    """Whether an answer (without its citations) says that the documents do not tell, and nothing else.

    Args:
        answer: Japanese or English.
        cites: Whether it cites a passage. 「定めはありません」 with a citation is what a document says; without one,
            it is what the documents do not say.
    """
    text = unicodedata.normalize("NFKC", answer)
    japanese = re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text) is not None
    judged = [_judge_ja(clause, cites) for clause in _clauses_ja(text)] if japanese else _judged_en(text)
    return "denial" in judged and "claim" not in judged


_Clause = Literal["denial", "filler", "claim"]

_NOT = r"(?:ません(?:でした)?|ない|なかった|無い|なし|無し)"
_TELLS = (
    r"(?:書かれて|書いて|記されて|載って|載せられて|触れられて|触れて|示されて"
    r"|(?:記載|記述|明記|言及|説明|掲載|明示)(?:され|し)?て)"
)
_TOLD = r"(?:記載|記述|言及|説明|明記|情報|答え|資料|箇所|内容|項目)"
_DOCUMENTS = r"(?:資料|文書|文献|書類|情報|本文|文面|文章|上記|提供|規程|マニュアル|データ|記載|記述|該当)"
_ASK = r"(?:確認|参照|問い?合わせ|尋ね|聞|相談|連絡|確かめ)"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_DENIAL_JA = _any(
    rf"{_TELLS}(?:は|も)?(?:い|おり|あり)?{_NOT}$",
    rf"{_TOLD}(?:は|が|も)?(?:特に|一切|何も|全く)?(?:あり|ござい|見当たり|見当たら|見つかり|見つから|見つけられ|確認でき|含まれてい)?{_NOT}$",
    rf"{_DOCUMENTS}.*(?:含まれて(?:い|おり)|見当た[りら]|見つか[りら]|見つけられ|確認でき|読み取れ|判断でき|特定でき){_NOT}$",
    rf"[分わ]か[りら]{_NOT}$",
    rf"(?:答え|回答|返答)(?:すること|ること)?(?:は|が)?(?:でき|出来|られ){_NOT}$",
    r"(?:答え|回答|判断|[分わ]かり)(?:いた)?し?かねます$",
    r"(?:不明|未記載|該当なし|情報なし|記載なし)$",
    rf"該当(?:する|の)?.{{0,12}}{_NOT}$",
)
_WEAK_DENIAL_JA = _any(
    rf"(?:定め|規定|決まり|取り決め)(?:は|が|も)?(?:特に|一切)?(?:あり|ござい|見当たり|見つかり)?{_NOT}$",
    rf"(?:定め|規定さ|決め)(?:られ|れ)て(?:は)?(?:い|おり)?{_NOT}$",
)
_FILLER_JA = _any(
    r"申し訳|恐れ入り|すみません|すいません|恐縮|^残念|^あいにく|^(?:はい|いいえ)$",
    r"(?:調べ|確認し|確認いた|検索し|検索いた|探し|拝見し)(?:て)?(?:み|しま|いたしま|ま)?(?:した|しました)$",
    rf"{_ASK}.*(?:ください|下さい|お願い.*|必要です|必要があります)$",
    rf"(?<!と){_TELLS}(?:は)?(?:います|おり?ます|いる|あります|ある)$",  # 「5日と書かれています」 would be a claim
    r"(?:記載|記述|説明|言及)(?:は|が)(?:あります|ある|ございます)$",
)
_ENDING_JA = re.compile(
    r"(?:の?ようです|みたいです|と思います|と(?:の)?こと|[のん]です|[のん]だ|です|でした|でしょう|である|だ|よ|ね)+$"
)
_CONJUNCTION_JA = re.compile(
    r"(?<=です|ます|せん)(?:が|けれども|けれど|けど)、?|(?<=ない|ある|いる|った|した)(?:が|けれども|けれど|けど)、|(?<=だ)が、"
    r"|(?<=[いるたすん])(?:ため|ので|ものの|から)、"
)


def _clauses_ja(text: str) -> list[str]:
    text = re.sub(r"^\s*(?:回答|答え|答|A)\s*:", "", text)
    sentences = re.split(r"[。.!?\n]+", text)
    clauses = (clause for sentence in sentences for clause in _CONJUNCTION_JA.split(sentence))
    return [clause for clause in (re.sub(r"[\s「」『』・*、]+", "", clause) for clause in clauses) if clause]


def _judge_ja(clause: str, cites: bool) -> _Clause:
    if _FILLER_JA.search(clause):
        return "filler"
    bare = _ENDING_JA.sub("", clause)
    if _DENIAL_JA.search(bare) or (not cites and _WEAK_DENIAL_JA.search(bare)):
        return "denial"
    return "claim"


_DOCUMENTS_EN = r"(?:documents?|passages?|texts?|materials?|sources?|context|information|excerpts?)"
_DENIAL_EN = _any(
    rf"\b{_DOCUMENTS_EN}\b.{{0,40}}\b(?:do|does|did)(?: not|n't) (?:\w+ly )?"
    r"(?:say|mention|state|specify|contain|include|provide|tell|describe|cover|address|give|indicate|explain|answer)\b",
    r"(?:\bnot|n't) (?:\w+ly )?(?:mentioned|stated|specified|described|written)\b",
    r"(?:\bnot|n't)\b.*\b(?:provided|given|covered|included|available|found|contained) (?:in|by|from)\b"
    rf".*\b{_DOCUMENTS_EN}\b",
    r"\b(?:no|not any|n't any) (?:\w+ )?(?:information|mention|answer|details?|indication)\b",
    r"\b(?:cannot|can't|can not|could not|couldn't|unable to|not able to) (?:\w+ )?(?:find|answer|determine|tell)\b",
    r"\b(?:do not|don't) know\b",
)
_FILLER_EN = _any(
    r"\bsorry\b|^unfortunately$|\bapologi[sz]e|\bapologies\b",
    r"\bplease\b|\b(?:contact|consult|ask) (?:the|your)\b|\bcheck with\b",
    r"\bI (?:have )?(?:looked|searched|checked)\b",
)


def _judged_en(text: str) -> list[_Clause]:
    clauses = re.split(
        r"(?<=[.!?])\s+|\n|;\s|,\s+(?:but|however|so|and|though|although)\b|\s+but\s+", text.replace("’", "'")
    )
    return [_judge_en(clause.strip(" ,.!")) for clause in clauses if clause.strip(" ,.!")]


def _judge_en(clause: str) -> _Clause:
    if _DENIAL_EN.search(clause):
        return "denial"
    return "filler" if _FILLER_EN.search(clause) else "claim"
