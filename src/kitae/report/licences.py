"""What licences allow: the few that are known, and what several of them allow together.

The table says what each licence itself says, in a few words; it is no legal advice. A licence that is not in it is
named as unknown and nothing is concluded about it: a name that looks like a known one is still another licence.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..core.label import Label
from .bilingual import Both


@dataclass(frozen=True)
class Terms:
    """A licence that is known."""

    id: str
    """As the Hugging Face Hub calls it, where it knows it."""
    title: Both
    conditions: Both
    commercial: bool = True
    share_alike: bool = False
    """Whether what is made from it has to have the same licence."""
    restricts: bool = False
    """Whether it adds restrictions that a share-alike licence would not let stand."""
    on_hub: bool = True
    aliases: tuple[str, ...] = ()
    """Other spellings of the very same licence."""


OWN, GEMMA = "own", "gemma"

_NAMED = Both("出典（作者・ライセンス）を示し、変更したことを述べる", "name author and licence, say what was changed")
_STATE = Both(
    "出典を書き、加工したことを書く。国などが作ったかのように示さない",
    "name the source, say that it was edited, and do not present it as if the state had made it",
)
_FREE_OF_FEE = Both("。商用に使わない", "; not for commercial purposes")
_ALIKE = Both("。作ったものに同じライセンスを付ける", "; what is made from it under the same licence")

_ALL = (
    Terms(
        OWN,
        Both("自社のもの", "the company's own"),
        Both("渡すかどうかは会社が決める", "the company decides whether it is handed on"),
        on_hub=False,
    ),
    Terms(
        GEMMA,
        Both("Gemma利用規約（ai.google.dev/gemma/terms）", "Gemma Terms of Use (ai.google.dev/gemma/terms)"),
        Both(
            "禁止用途に使わない。渡すときは、規約の写しとNOTICEを添え、禁止用途を相手にも守らせ、変更したことを示す。サービスとして使わせることも「渡す」に当たる",
            "not for the prohibited uses; whoever hands it on adds a copy of the terms and a NOTICE, binds the "
            "recipient likewise and says that it was changed; offering it as a service counts as handing on",
        ),
        restricts=True,
    ),
    Terms(
        "apache-2.0",
        Both("Apache License 2.0", "Apache License 2.0"),
        Both(
            "ライセンスの写しと著作権表示を添え、変更したことを示す",
            "add the licence and its notices, say what was changed",
        ),
    ),
    Terms(
        "mit",
        Both("MIT License", "MIT License"),
        Both("著作権表示とライセンスの文を添える", "add the copyright notice and the licence"),
    ),
    Terms("cc0-1.0", Both("CC0 1.0", "CC0 1.0"), Both("なし", "none"), aliases=("cc0",)),
    Terms("cc-by-4.0", Both("CC BY 4.0", "CC BY 4.0"), _NAMED),
    Terms(
        "cc-by-sa-4.0",
        Both("CC BY-SA 4.0", "CC BY-SA 4.0"),
        Both(_NAMED.ja + _ALIKE.ja, _NAMED.en + _ALIKE.en),
        share_alike=True,
    ),
    Terms(
        "cc-by-nc-4.0",
        Both("CC BY-NC 4.0", "CC BY-NC 4.0"),
        Both(_NAMED.ja + _FREE_OF_FEE.ja, _NAMED.en + _FREE_OF_FEE.en),
        commercial=False,
        restricts=True,
    ),
    Terms(
        "cc-by-nc-sa-4.0",
        Both("CC BY-NC-SA 4.0", "CC BY-NC-SA 4.0"),
        Both(_NAMED.ja + _FREE_OF_FEE.ja + _ALIKE.ja, _NAMED.en + _FREE_OF_FEE.en + _ALIKE.en),
        commercial=False,
        share_alike=True,
        restricts=True,
    ),
    Terms(
        "pdl-1.0",
        Both("公共データ利用規約（第1.0版）", "Public Data License 1.0 of the Japanese government"),
        _STATE,
        on_hub=False,
        aliases=("pdl1.0", "公共データ利用規約(第1.0版)"),
    ),
    Terms(
        "gov-jp-2.0",
        Both("政府標準利用規約（第2.0版）", "Japanese Government Standard Terms of Use 2.0"),
        _STATE,
        on_hub=False,
        aliases=("政府標準利用規約(第2.0版)",),
    ),
)
KNOWN: dict[str, Terms] = {name: terms for terms in _ALL for name in (terms.id, *terms.aliases)}


def terms_of(licence: str) -> Terms | None:
    """The licence of exactly this name, whatever the case and width of its letters; `None` for an unknown one."""
    return KNOWN.get(unicodedata.normalize("NFKC", licence).casefold().strip())


def once(licences: Iterable[str]) -> list[str]:
    """Each licence once: a known one under its id, an unknown one as it is written."""
    return list(dict.fromkeys(terms.id if (terms := terms_of(each)) else each for each in licences))


def together(licences: Iterable[str], label: Label) -> list[Both]:
    """What may be done with a model of these licences, as if those of the data reached its weights.

    Whether they do is not settled; it is the strictest reading.
    """
    names = once(licences)
    known = [terms for each in names if (terms := terms_of(each))]
    unknown = [each for each in names if terms_of(each) is None]
    told = [*_unknown(unknown), *_commercial(known, everything=not unknown), *_conflicts(known)]
    if any(terms.id == OWN for terms in known):
        told.append(
            Both(
                "自社の文書から学んでいるので、社外に渡すかどうかは会社が決める。",
                "It learnt from the company's own documents, so the company decides whether it is handed on at all.",
            )
        )
    if label is not Label.PUBLIC:
        told.append(
            Both(
                f"区分が「{label.japanese}」なので、ライセンスがどうであれ、その外には渡せない。",
                f"Its label is `{label}`: whatever the licences allow, it may not go beyond that.",
            )
        )
    return told


Permission = Literal["yes", "ask", "no"]
"""Whether a company may work with a model: `ask` where somebody has to read a licence first."""


def permitted(licences: Iterable[str]) -> Permission:
    """What `together` comes to for a model of these licences, used for a business."""
    names = once(licences)
    if any(not terms.commercial for each in names if (terms := terms_of(each))):
        return "no"
    return "ask" if doubts(names) else "yes"


def doubts(licences: Iterable[str]) -> list[Both]:
    """What somebody has to settle first: licences that are not known, or that cannot be kept together."""
    names = once(licences)
    unknown = [each for each in names if terms_of(each) is None]
    return [*_unknown(unknown), *_conflicts([terms for each in names if (terms := terms_of(each))])]


def _unknown(names: list[str]) -> list[Both]:
    if not names:
        return []
    listed = ", ".join(f"`{each}`" for each in names)
    return [
        Both(
            f"条件の分からないライセンスがある（{listed}）。**原文を読むまで、渡すことも商用に使うことも、よいとは言えない。**",
            f"Licences whose terms are not known here: {listed}. **Until somebody has read them, nothing can be said "
            "about handing it on or using it commercially.**",
        )
    ]


def _commercial(known: list[Terms], *, everything: bool) -> list[Both]:
    if barred := [terms for terms in known if not terms.commercial]:
        ja, en = (", ".join(terms.title.only(language) for terms in barred) for language in ("ja", "en"))
        return [
            Both(
                f"商用には使えない（{ja}）。社内の業務での利用が商用に当たるかは、権利者に確かめる。",
                f"Not for commercial purposes ({en}). Ask the rights holder whether use inside a company is one.",
            )
        ]
    if not everything:
        return []
    return [
        Both(
            "商用利用を禁じるライセンスはない。上の条件はすべて守る。",
            "None of the licences forbids commercial use; all conditions above have to be kept.",
        )
    ]


def _conflicts(known: list[Terms]) -> list[Both]:
    """Pairs of which one is share-alike and does not let the other stand."""
    told = []
    for one, other in itertools.combinations(known, 2):
        if (one.share_alike and (other.share_alike or other.restricts)) or (other.share_alike and one.restricts):
            told.append(
                Both(
                    f"**{one.title.ja}と{other.title.ja}の条件は両立しない。** 法務が見るまで渡さない。",
                    f"**{one.title.en} and {other.title.en} cannot both be kept.** "
                    "Do not hand it on before a lawyer has looked.",
                )
            )
    return told


def hub_licence(licences: Iterable[str]) -> dict[str, str]:
    """`license` of a card's front matter: the one licence there is, or `other` with the names of all.

    A model that learnt from the company's own documents is under nobody's open licence, whatever its base is under.
    """
    names = once(licences)
    if len(names) == 1 and (only := terms_of(names[0])) is not None and only.on_hub:
        return {"license": only.id}
    return {"license": "other", "license_name": "-and-".join(names) or "unknown"}


def notice(licences: Iterable[str]) -> str:
    """What has to stand in a file `NOTICE` beside the model; empty where no licence wants one."""
    if not any(terms is not None and terms.id == GEMMA for terms in map(terms_of, licences)):
        return ""
    return "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms\n"
