"""An introduction and a few short items: all of them together are the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .asking import questions
from .blocks import Statement, walk
from .candidate import Candidate, View, sentence
from .context import situated
from .predicate import final
from .rules import judged
from .sentence import segments, without_brackets

_NEXT = re.compile(r"次の(?:各号(?:に(?:掲げる|定める))?の?)?(?P<noun>[一-龥ァ-ヶー]{1,8})(?=[をにがのは])")
_EITHER = re.compile(
    r"次の(?:各号の?|事由の?)?(?:(?:いずれか|一)(?:の事由|一つ)?)?に?該当する(?:事由により)?(?P<noun>場合|とき)"
)
_AS_FOLLOWS = re.compile(r"は、?次の(?:とおり|通り|構成|ように)(?:と(?:する|します)|である|です)?$")
_COUNTED = frozenset({"項目", "各号", "号", "日数", "額", "金額", "範囲", "要件", "基準", "計算式", "割合", "区分"})
LONGEST = 70
"""Characters of all items together; a longer list is no short answer."""


def lists(view: View) -> Iterator[Candidate]:
    """Of each list with 2 to 6 short items."""
    for item, above in walk(list(view.items)):
        children = [child for child in item.children if child.text]
        if not 2 <= len(children) <= 6 or any(child.children or child.table or child.pair for child in children):
            continue
        texts = [without_brackets(child.text).rstrip("。") for child in children]
        fact = "、".join(texts)
        if len(fact) > LONGEST or any("。" in text or "次の" in text for text in texts):
            continue
        intro = without_brackets(re.split(r"(?<=。)", item.text)[0]).rstrip("。：")
        if ways := _ways(intro, above):
            yield Candidate(
                questions=tuple(situated(way, above, view.context) for way in ways),
                answer=sentence(fact),
                fact=texts[0],
                kind="list",
                quote=item.text,
                anchors=tuple(child.text for child in children),
                unit="list",
                rank=0,
            )


_OF_THESE = re.compile(r"次の(?:各号に(?:掲げる|定める))?(?:書類|費用|資料|経費|情報|項目)(?=[をは])")


def members(view: View) -> Iterator[Candidate]:
    """One item of a longer list, asked for: 旅券交付手数料は支給されますか."""
    for item, above in walk(list(view.items)):
        intro = without_brackets(re.split(r"(?<=。)", item.text)[0]).rstrip("。：")
        if len(item.children) < 3 or not _OF_THESE.search(intro):
            continue
        for child in item.children:
            name = without_brackets(child.text).rstrip("。")
            if child.children or len(name) > 20 or re.search(r"その他|以外|前各|こと$|とき$|場合$|[。、]", name):
                continue
            text = re.sub(r"^.*?(?=" + re.escape(name) + ")", "", _OF_THESE.sub(name, intro))
            yield from judged(view, Statement(child.text, text, above, True, child), text)


def _ways(intro: str, above: tuple[str, ...]) -> list[str]:
    if _AS_FOLLOWS.search(intro):
        what = segments(_AS_FOLLOWS.sub("", intro))[-1].text
        return (
            [f"{what}には何がありますか", f"{what}にはどのようなものがありますか"]
            if not re.search(r"[をがに]", what)
            else []
        )
    for pattern in (_EITHER, _NEXT):
        if match := pattern.search(intro):
            if match["noun"] in _COUNTED:
                return []
            asked = questions(intro, match.start(), match.end(), f"どのような{match['noun']}")
            return list(asked.ways) if asked else []
    if not above or len(intro) > 12 or re.search(r"(?:場合|とき|者|社員|従業員)$|[。、はがを]", intro):
        return []
    ended = final(intro)
    return [f"{intro}には何がありますか"] if ended and ended.tail == "copula" and "次" not in intro else []
