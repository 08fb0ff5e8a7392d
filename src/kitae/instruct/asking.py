"""Turns a sentence into a question about one of its parts.

Japanese leaves a question word where the answer stands (`3日前までに` → `何日前までに`), so the work is elsewhere: to
keep only the clause that the answer belongs to, with the topic and the condition that rule it, to leave out subjects
that an employee would not name, and to end it the way people ask.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .figures import figures
from .predicate import Predicate, Tail, ask, final, middle
from .sentence import Segment, has_topic, segments

# Whom the rules speak to; somebody who asks about himself leaves it out.
_EVERYBODY = re.compile(
    r"^(?:(?:全て|すべて)の)?(?:従業員|社員|職員|従業員等|社員等|本人|利用者|労働者)(?:は|に対しては|に対して|に対し|には)$"
)
_COMPANY = re.compile(r"^(?:会社|当社)(?:は|が)$")
_GIVES = frozenset({"支給", "付与", "給付"})
_HAPPENS = frozenset({"施行", "開催", "実施", "適用", "改定施行", "改訂施行"})
_WISHES = re.compile(r"(?P<verb>し|受け|得|申し出|届け出)ようとする(?:者|社員|従業員|職員)(?:は|には)$")
_HOPES = re.compile(r"を希望する(?:者|社員|従業員|職員)(?:は|には|に対しては)$")
_JOINED = re.compile(r"^(?:ならびに|又は|若しくは|もしくは|または|かつ|及び|並びに)")
_WHO = re.compile(r"[るたい][^をはが、]{0,12}(?:者|社員|従業員|職員|もの|子|場合|とき)(?:[はにをがで]|から|$)")
_COUNTED = re.compile(r"^(?:目|以上|以下|未満)?は|^(?:以上|以下|未満|超)?の(?:場合|者|とき|従業員|社員|正社員|職員)")
_SUFFIX = re.compile(r"^(?:間|以内|以上|以下|未満|前|後|まで|分|程度)*")
_LIMIT = re.compile(r"(?:上限|限度)$")
_AMOUNT_PREFIX = r"(?:月額|年額|日額|月|年|週|満|約|最大|最長|通算|合計|平均賃金の)?"
_AMOUNT_SUFFIX = r"(?:間|以内|以上|まで|分|程度)*"


@dataclass(frozen=True)
class Asked:
    """Ways to ask about one part of a sentence."""

    ways: tuple[str, ...]
    """The plainest first, each ending in か."""
    inside: bool
    """Whether the answer stands in a condition (`3日を超えるとき`): grammatical, but seldom what people ask."""


def questions(sentence: str, start: int, end: int, word: str) -> Asked | None:
    """Asks about `sentence[start:end]`.

    Args:
        sentence: One sentence without brackets and full stop.
        word: The question word: `何日`, `誰`.

    Returns:
        `None` where the sentence's end is not understood.
    """
    if word == "いつ" and sentence[end:].startswith("をもって"):
        end += len("をもって")
    parts = segments(sentence)
    place = next((i for i, part in enumerate(parts) if part.start <= start < part.end), None)
    if place is None or end > parts[place].end:
        return None
    parts = _side_by_side(parts, place)
    if (last := _last(parts, place)) is None:
        return None
    first, heads = _first(parts, place)
    kept = [*heads, *(p for i, p in enumerate(parts[first:last], first) if i == place or not _sibling(p, parts, place))]
    closing = _with(parts[last], start, end, word) if last != place else _closing(parts, place, start, end, word)
    predicate = _predicate(parts, last, closing)
    if predicate is None:
        return None
    if _JOINED.match((kept[0].text if kept else closing).strip()):
        return None
    texts = [plainer(_with(part, start, end, word)) for part in kept if not _EVERYBODY.match(part.text)]
    short = [
        plainer(_with(part, start, end, word))
        for part in kept
        if _needed(part, parts[place]) and not _EVERYBODY.match(part.text)
    ]
    inside = _inside(parts, place, parts[place].text[end - parts[place].start :])
    ways = [*_ways(predicate, texts, word, inside)]
    if len(short) < len(texts) and (short or has_topic(closing)):
        ways += _ways(predicate, short, word, inside)
    return Asked(tuple(dict.fromkeys(_tidy(way) for way in ways)), inside)


def _needed(part: Segment, asked: Segment) -> bool:
    """Whether a question would be another one without this segment: 証明書を添えて and 3日前までに may go."""
    if part is asked or part.role in ("topic", "condition", "clause", "noun"):
        return True
    return (
        re.search(r"(?:までに|以内に|により|によって|を添えて|を経て|に基づき|に応じて|として|の上|うえで)$", part.text)
        is None
    )


def _inside(parts: list[Segment], place: int, after: str) -> bool:
    joined = place + 1 < len(parts) and _JOINED.match(parts[place + 1].text.strip()) is not None
    joined = joined or re.search(r"よう(?:に)?$", parts[place].text) is not None
    return joined or parts[place].role in ("condition", "topic") or bool(_WHO.search(after) or _COUNTED.match(after))


def _ways(predicate: Predicate, texts: Sequence[str], word: str, inside: bool) -> tuple[str, ...]:
    company = any(_COMPANY.match(text) for text in texts)
    endings: tuple[str, ...] = ()
    if company or _is_gift(predicate) or predicate.noun in _HAPPENS:
        endings = _received(predicate, word)
        if endings and company:
            texts = [text for text in texts if not _COMPANY.match(text)]
    endings = endings or _endings(predicate, word)
    if inside and predicate.tail == "must":
        endings = endings[1:]  # 何日以上休むと、診断書を出せばいいですか would ask for something else
    body = "".join(f"{text.strip()}、" for text in texts if text.strip())
    return tuple(f"{body}{ending}" for ending in endings)


def _side_by_side(parts: list[Segment], place: int) -> list[Segment]:
    """国内は7日以内、海外は14日以内に提出し: what follows the second value belongs to the first as well."""
    here, after = parts[place], parts[place + 1] if place + 2 < len(parts) else None
    if after is None or here.role != "noun" or not _ends_in_figure(here.text) or after.role not in ("adverb", "clause"):
        return parts
    mine, other = figures(here.text)[-1], figures(after.text)
    if "は" not in here.text or len(other) != 1 or other[0].unit != mine.unit:
        return parts
    rest = _SUFFIX.sub("", after.text[other[0].end :])
    return [*parts[:place], Segment(here.text + rest, here.start, after.role), *parts[place + 2 :]]


def _last(parts: list[Segment], place: int) -> int | None:
    """The segment whose predicate closes the question."""
    joined = place + 1 < len(parts) and _JOINED.match(parts[place + 1].text.strip())
    if (
        parts[place].role == "noun"
        and not joined
        and _ends_in_figure(parts[place].text)
        and _verb_is_shared(parts[place], parts[-1])
    ):
        return place  # 始業時刻は午前8時20分、終業時刻は午後5時5分とする: the first half has its verb left out
    if parts[0].text.endswith("とは"):
        return len(parts) - 1
    for index in range(place, len(parts)):
        if parts[index].role == "final":
            return index
        if parts[index].role == "clause":
            return index if _stands_alone(parts, index) else None
    return None


def _verb_is_shared(value: Segment, closing: Segment) -> bool:
    """Whether the sentence's end says of two values of one sort what is done with them, or is a copula."""
    ended, here, there = final(closing.text), figures(value.text), figures(closing.text)
    if ended is None or ended.tail == "copula":
        return ended is not None
    return bool(there) and there[-1].unit == here[-1].unit


def _stands_alone(parts: list[Segment], index: int) -> bool:
    """Whether a clause is a statement; it is part of a condition in `80時間を超え、疲労が認められる場合は`."""
    if parts[index].text.endswith("とし"):
        return True
    rest = parts[index + 1 :]
    if rest and _WHO.search(rest[0].text):
        return False
    return not any(part.role == "condition" for part in rest)


def _first(parts: list[Segment], place: int) -> tuple[int, list[Segment]]:
    """Where the clause with the answer begins, and the topics and conditions at the sentence's head that rule it."""
    first = next((i + 1 for i in range(place - 1, -1, -1) if _is_over(parts, i, place)), 0)
    if parts[place].role == "noun" or has_topic(parts[place].text):
        halves = [i + 1 for i in range(place) if parts[i].role == "noun" and has_topic(parts[i].text)]
        first = max([first, *halves])
    while first and _JOINED.match(parts[first].text):
        first -= 1
    heads: list[Segment] = []
    if first and not any(has_topic(part.text) for part in parts[first : place + 1]):
        for part in parts[:first]:
            if part.role in ("topic", "condition"):
                heads.append(part)
            elif match := re.match(r"^.*?[一-龥ァ-ヶー」）]は(?![じず])", part.text):
                heads.append(Segment(match[0], part.start, "topic"))
                break
            elif part.role != "lead":
                break
    return first, heads


def _is_over(parts: list[Segment], index: int, place: int) -> bool:
    """Whether a clause before the answer is a statement of its own and no part of a condition that follows."""
    if parts[index].role != "clause":
        return False
    between = parts[index + 1 : place]
    return parts[index].text.endswith("とし") or not any(
        p.role == "condition" or (p.role == "topic" and _WHO.search(p.text)) for p in between
    )


def _ends_in_figure(text: str) -> bool:
    found = figures(text)
    return bool(found) and _SUFFIX.sub("", text[found[-1].end :]) == ""


def _sibling(part: Segment, parts: list[Segment], place: int) -> bool:
    """One of several values side by side (`1日8時間、1週間あたり40時間`), of which another one is asked; or 但し."""
    return part.role == "lead" or (part.role == "noun" and _ends_in_figure(part.text) and part is not parts[place])


def _closing(parts: list[Segment], place: int, start: int, end: int, word: str) -> str:
    """The asked segment; of values side by side (`早番は450円、遅番は900円`) with the verb of the last."""
    text = _with(parts[place], start, end, word)
    if parts[place].role != "noun":
        return text
    found = figures(parts[-1].text)
    closing = final(parts[-1].text)
    if closing is None or closing.tail == "copula" or not found:
        return text
    return text + _SUFFIX.sub("", parts[-1].text[found[-1].end :])


def _with(part: Segment, start: int, end: int, word: str) -> str:
    if not part.start <= start < part.end:
        return part.text
    return part.text[: start - part.start] + word + part.text[end - part.start :]


def _predicate(parts: list[Segment], last: int, text: str) -> Predicate | None:
    if parts[last].role == "noun" and _ends_in_figure(parts[last].text):
        ended = final(text)
        return ended if ended and ended.tail != "copula" else Predicate(text, "", "", "copula")
    if parts[last].role == "final":
        return final(text)
    ending = final(parts[-1].text)
    tail: Tail = ending.tail if ending else "plain"
    return middle(text, tail)


def plainer(text: str) -> str:
    """欠勤しようとする者は → 欠勤するときは, 取得を希望する者は → 取得を希望する場合は."""
    text = _HOPES.sub("を希望する場合は", text)
    return _WISHES.sub(lambda m: {"し": "する"}.get(m["verb"], f"{m['verb']}る") + "ときは", text)


def _is_gift(predicate: Predicate) -> bool:
    return predicate.tail == "plain" and (predicate.noun in _GIVES or predicate.lemma == "与える")


def _received(predicate: Predicate, word: str) -> tuple[str, ...]:
    """会社は12日の休暇を与える → 休暇は何日もらえますか; 会社は本人に通知する → 本人に通知されますか."""
    if predicate.tail not in ("plain", "must"):
        return ()
    if _is_gift(predicate):
        bare = predicate.head.removesuffix(predicate.noun)
        value = f"{_AMOUNT_PREFIX}{re.escape(word)}{_AMOUNT_SUFFIX}"
        if match := re.match(rf"^(?P<rest>.*?)(?P<value>{value})の(?P<thing>[^をのはがに]+)を$", bare):
            verb = "取れますか" if word.endswith("回") else "もらえますか"
            return (f"{match['rest']}{match['thing']}は{match['value']}{verb}",)
        if re.match(rf"^.*{value}を$", bare):
            return (f"{bare[:-1]}もらえますか",)
    passive = replace(predicate, tail="plain").passive()
    if passive is None or not ("を" in passive.head or predicate.noun in {"通知", *_HAPPENS}):
        return ()
    head, found, rest = passive.head.rpartition("を")
    if found and re.search(r"[るたい](?=[一-龥])", rest):
        if predicate.noun not in _HAPPENS:
            return ()  # 5年を超えない範囲で: the object of another verb
    elif found:
        passive = replace(passive, head=f"{head}{'' if head.endswith(word) else 'が'}{rest}")
    return ask(passive)


def _endings(predicate: Predicate, word: str) -> tuple[str, ...]:
    """Of a copula with を (`60分を休憩時間とする`) the named thing comes first: 休憩時間は何分ですか."""
    if predicate.tail == "copula" and "を" in predicate.head:
        value, _, name = predicate.head.rpartition("を")
        if word not in value or word in name:
            if re.search(r"除き|除いて|含め|もって|超え|問わず", name):
                return (f"{predicate.head}ですか",)
            return (f"{value}は{name}ですか",)
        if name.startswith(("上限と", "限度と")):  # 5,000円を上限とした実費
            return (f"{value}までですか",)
        if _LIMIT.search(name) and value.endswith("まで"):
            return (f"{value}ですか",)
        if _LIMIT.search(name) or name in ("有給", "無給", "無料", "有料", "対象", "必要", "不要"):
            return (f"{value}が{name}ですか",)
        return (f"{name}は{value}ですか",)
    return ask(predicate)


def _tidy(text: str) -> str:
    """Small things that a question word makes wrong: いつに, いつより, いくらを."""
    text = re.sub(r"いつ(?:に(?!かけ|つい|わた|おけ|おい|よ|対|関|係)|をもって)", "いつ", text).replace(
        "いつより", "いつから"
    )
    text = re.sub(r"いくらを(?=支|払|負|補|申)", "いくら", text)
    return re.sub(r"、{2,}", "、", text).replace("頻度でですか", "頻度ですか")
