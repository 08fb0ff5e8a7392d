"""The words and the manner in which people ask, in place of those in which rules are written.

A model has to find 年次有給休暇 when somebody asks for 有休. The table is small and our own; a hash decides which entry
is used, so that the same question is always put the same way.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TypeVar

from .japanese import Form, inflect

T = TypeVar("T")

# Written → said. The longest stands first: 年次有給休暇 before 休暇.
NOUNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("年次有給休暇", ("有休", "有給休暇", "有給")),
    ("半日単位の年次有給休暇", ("半休",)),
    ("産前産後の休業", ("産休",)),
    ("産前産後休業", ("産休",)),
    ("出生時育児休業", ("産後パパ育休",)),
    ("育児休業", ("育休",)),
    ("介護休業", ("介護のための休業",)),
    ("所定外労働手当", ("残業代", "残業手当")),
    ("時間外労働", ("残業",)),
    ("時間外勤務", ("残業",)),
    ("休日労働", ("休日出勤",)),
    ("休日勤務", ("休日出勤",)),
    ("深夜労働", ("深夜の仕事",)),
    ("定期健康診断", ("健康診断", "健診")),
    ("通勤手当", ("通勤の交通費", "通勤費")),
    ("住宅手当", ("家賃の補助",)),
    ("家族手当", ("家族の手当",)),
    ("宿泊費", ("ホテル代", "宿泊代")),
    ("書籍購入補助", ("本を買うときの補助",)),
    ("予防接種補助", ("予防接種の補助",)),
    ("賃金", ("給料", "給与")),
    ("賞与", ("ボーナス",)),
    ("配偶者", ("妻や夫",)),
    ("所定労働時間", ("勤務時間", "働く時間")),
    ("始業時刻", ("仕事が始まる時刻", "始業")),
    ("終業時刻", ("仕事が終わる時刻", "終業")),
    ("休憩時間", ("休憩",)),
    ("医療機関", ("病院",)),
    ("自家用車", ("自分の車", "マイカー")),
    ("自動車", ("車",)),
    ("旅券", ("パスポート",)),
    ("査証", ("ビザ",)),
    ("父母", ("両親", "父や母")),
    ("子女", ("子ども",)),
    ("祖父母", ("祖父や祖母",)),
    ("疾病", ("病気",)),
    ("傷病", ("けがや病気",)),
    ("負傷", ("けが",)),
    ("所属長", ("上司",)),
    ("勤務地", ("職場",)),
    ("掛金", ("積み立てるお金",)),
    ("仮払い", ("前渡し",)),
    ("有効期間", ("有効期限", "使える期間")),
    ("副業", ("副業", "ほかの仕事")),
    ("兼業", ("副業",)),
    ("懲戒処分", ("処分",)),
    ("記載した", ("書いた",)),
    ("従業員", ("社員",)),
)
PHRASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"死亡したとき", ("亡くなったとき",)),
    (r"が出産するとき", ("の出産のとき", "に赤ちゃんが生まれるとき")),
    (r"^本人が", ("自分が", "")),
    (r"の休暇日数は(?:最大)?何日ですか", ("は何日もらえますか", "は何日取れますか")),
    (r"1日あたりの支給額はいくらですか", ("1日いくらもらえますか", "1日にいくら出ますか")),
    (r"の1日の日当はいくらですか", ("の日当は1日いくらですか", "は1日いくら日当が出ますか")),
    (r"(?<=[一-龥ァ-ヶー])及び(?=[一-龥ァ-ヶー])", ("と",)),
    (r"(?<=[一-龥ァ-ヶー])並びに(?=[一-龥ァ-ヶー])", ("と",)),
    (r"(?<=[一-龥ァ-ヶー])又は(?=[一-龥ァ-ヶー])", ("か", "や")),
    (r"(?<=[一-龥ァ-ヶー])若しくは(?=[一-龥ァ-ヶー])", ("か",)),
    (r"に際して", ("のときに",)),
    (r"により(?=、)", ("で",)),
    (r"において(?=、)", ("で",)),
    (r"やむを得ず", ("仕方なく",)),
    (r"速やかに", ("すぐに",)),
    (r"遅滞なく", ("すぐに",)),
    (r"あらかじめ", ("前もって",)),
    (r"につき(?=[、何い])", ("あたり",)),
    (r"を希望する場合は", ("を使いたいときは", "を希望するときは", "したいときは")),
    (r"する場合は?、", ("するときは、", "するなら、")),
    (r"した場合は?、", ("したときは、", "したら、")),
    (r"の場合は?、", ("のとき、", "だと、", "の場合、")),
    (r"支給されますか", ("もらえますか", "出ますか")),
    (r"支給しないのですか", ("もらえないのですか", "出ないのですか")),
    (r"支給されないのですか", ("もらえないのですか", "出ないのですか")),
    (r"与えられますか", ("もらえますか",)),
    (r"認められますか", ("認められますか", "大丈夫ですか")),
    (r"を与えますか", ("をもらえますか",)),
    (r"必要がありますか", ("必要がありますか", "ことになりますか")),
    (r"を何といいますか", ("を何と呼びますか",)),
    (r"とは何ですか", ("って何ですか", "とは何のことですか")),
    (r"とはどういう意味ですか", ("の意味を教えてください",)),
    (r"構いませんか", ("大丈夫ですか", "問題ありませんか")),
    (r"いくらもらえますか", ("いくら出ますか",)),
    (r"どのような場合に、", ("どんなときに", "どういう場合に")),
    (r"どのような", ("どんな",)),
    (r"^(.{2,24})について、", (r"\1のことで、", r"\1ですが、")),
)
# Verb as written → verb as said, both with their inflection.
VERBS: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = (
    (("届け出る", "下一段"), ("連絡する", "サ行変格")),
    (("申し出る", "下一段"), ("伝える", "下一段")),
    (("提出する", "サ行変格"), ("出す", "五段-サ行")),
    (("申請を行う", "五段-ワア行"), ("申請する", "サ行変格")),
    (("承認を受ける", "下一段"), ("承認をもらう", "五段-ワア行")),
    (("承認を得る", "下一段"), ("承認をもらう", "五段-ワア行")),
    (("報告する", "サ行変格"), ("知らせる", "下一段")),
    (("通知する", "サ行変格"), ("知らせる", "下一段")),
    (("受診する", "サ行変格"), ("受ける", "下一段")),
    (("従事する", "サ行変格"), ("就く", "五段-カ行")),
    (("使用する", "サ行変格"), ("使う", "五段-ワア行")),
    (("利用する", "サ行変格"), ("使う", "五段-ワア行")),
    (("交付する", "サ行変格"), ("渡す", "五段-サ行")),
    (("作成する", "サ行変格"), ("作る", "五段-ラ行")),
    (("取得する", "サ行変格"), ("取る", "五段-ラ行")),
    (("購入する", "サ行変格"), ("買う", "五段-ワア行")),
    (("廃棄する", "サ行変格"), ("捨てる", "下一段")),
    (("返還する", "サ行変格"), ("返す", "五段-サ行")),
)
_FORMS: tuple[tuple[Form, str], ...] = (
    ("conditional", r"(?=いい)"),
    ("plain", r"(?=必要|とき|場合|こと|者|[、。])"),
    ("negative", r"(?=なけれ|ない)"),
    ("stem", r"(?=ます|ません)"),
    ("te", r"(?=も|は|い)"),
)


def share(*key: object) -> float:
    """A number in [0, 1) that only the key decides."""
    return int.from_bytes(hashlib.sha256("\0".join(map(str, key)).encode()).digest()[:8], "big") / 2**64


def pick(options: Sequence[T], *key: object) -> T:
    """One of the options; only the key decides which."""
    return options[int(share(*key) * len(options))]


def in_everyday_words(question: str, key: str, *, kept: str = "") -> str:
    """The question in words that people use; each entry of the table is taken or left by the hash.

    Args:
        key: What decides, for example the section's id and a number.
        kept: The fact that answers; an entry that would spoil or betray it is left.
    """
    text = question
    for written, said in NOUNS:
        if written in text and share(key, written) < 0.6:
            text = _unless(
                text,
                re.sub(
                    rf"(?<![一-龥ァ-ヶー]){re.escape(written)}(?![一-龥ァ-ヶー])", pick(said, key, written, "as"), text
                ),
                kept,
            )
    for (verb, kind), (other, other_kind) in VERBS:
        if share(key, verb) < 0.5:
            for form, follows in _FORMS:
                text = re.sub(re.escape(inflect(verb, kind, form)) + follows, inflect(other, other_kind, form), text)
    for pattern, said in PHRASES:
        if re.search(pattern, text) and share(key, pattern) < 0.6:
            text = _unless(text, re.sub(pattern, pick(said, key, pattern, "as"), text), kept)
    return text


def _unless(before: str, after: str, kept: str) -> str:
    """Without a change that would write the answer into the question."""
    return before if kept and kept in after and kept not in before else after


def manner(question: str, key: str) -> str:
    """The question with its ending: か。, か？, 教えてください。, or short as in a chat."""
    if re.search(r"[？?。]$", question):
        return question
    if question.endswith("ください"):
        return question + "。"
    drawn = share(key, "manner")
    if drawn < 0.14 and (plain := _short(question)):
        return plain
    if drawn < 0.26 and (told := _request(question)):
        return told
    if drawn < 0.34 and question.endswith("ですか"):
        return question.removesuffix("ですか") + "でしょうか。"
    return question + ("？" if drawn > 0.8 else "。")


def _short(question: str) -> str:
    """何か月ですか → 何か月？, 出せばいいですか → 出せばいい？."""
    if question.endswith("ばいいですか"):
        return question.removesuffix("ですか") + "？"
    if re.search(r"(?:何[^はがを、]{1,8}|いくら|いつ|誰|どこ|まで|いつから|いつまで)ですか$", question):
        return question.removesuffix("ですか") + "？"
    return ""


def _request(question: str) -> str:
    if question.endswith("ばいいですか"):
        return question.removesuffix("ですか") + "か教えてください。"
    if re.search(r"(?:何[^はがを、]{1,8}|いくら|いつ|誰|どこ|いつまで)ですか$", question):
        return question.removesuffix("ですか") + "か教えてください。"
    return ""
