"""English sections: numbers with a unit, definitions, what is forbidden. Small on purpose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .candidate import Candidate, View

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_UNITS = (
    r"minutes?|hours?|days?|weeks?|months?|years?|business days?|working days?"
    r"|times|people|persons|percent|%|kg|km/h|MPa|km|yen"
)
_MODAL = re.compile(
    rf"^(?P<subject>(?:The |An? |Every |All |Each )?[A-Z]?[\w' -]{{1,50}}?) "
    rf"(?P<modal>must|may|can|will|should|shall) (?P<rest>[^.;]*?)"
    rf"(?P<how>within|at least|up to|for|every|after|by) (?P<number>[\w.]+) (?P<unit>{_UNITS})\b(?P<tail>[^.;]*)\.$"
)
_IS = re.compile(
    rf"^(?P<subject>(?:The|An?) [\w' -]{{3,60}}?) is (?:limited to )?"
    rf"(?P<fact>(?:at least |up to )?[\d.]+ ?(?:{_UNITS}))\.$"
)
_MEANS = re.compile(r'^"?(?P<term>[A-Z][\w -]{2,30})"? means (?P<meaning>[^.;]{5,90})\.$')
_ONLY = re.compile(r"^Only (?P<who>[\w' -]{3,50}?) may (?P<what>[^.;]{5,70}?)\.$")
_MUST_BE = re.compile(
    r"^(?P<subject>[A-Z][\w' -]{2,40}?) (?:is|are) "
    r"(?P<state>forbidden|required|free of charge|prohibited)(?P<tail>[^.;,]*)[.,]"
)
_DO = re.compile(r"^(?P<verb>[A-Z][a-z]+) (?P<rest>[^.;]*?) for at least (?P<fact>\d+ (?:minutes|hours|days))\b")
_NO_MORE = re.compile(
    r"^Do not (?P<verb>[a-z]+) more than (?P<fact>[\d.]+ ?(?:kg|people|hours|minutes|times))(?P<tail>[^.;]*)\.$"
)


def english(view: View) -> Iterator[Candidate]:
    """Facts of a section that is written in English."""
    text = re.sub(r"\s+", " ", view.body).strip()
    if not text or len(re.findall(r"[A-Za-z]", text)) < 0.6 * len(text):
        return
    for raw in _SENTENCE.split(text):
        yield from _told(raw.strip())


def _told(raw: str) -> Iterator[Candidate]:
    if match := _MODAL.match(raw):
        fact = f"{match['number']} {match['unit']}"
        asked = {
            "within": "Within how many",
            "at least": "At least how many",
            "up to": "Up to how many",
            "for": "For how many",
        }.get(match["how"])
        if asked and re.search(r"\d|one|two|three|four|five|six|seven|ten", match["number"]):
            subject = match["subject"][:1].lower() + match["subject"][1:]
            way = f"{asked} {match['unit']} {match['modal']} {subject} {match['rest'].strip()}{match['tail']}?"
            yield _fact(way, fact, f"{match['how'].capitalize()} {fact}.", raw, "number")
    if match := _IS.match(raw):
        subject = match["subject"][:1].lower() + match["subject"][1:]
        yield _fact(f"What is {subject}?", match["fact"], f"{match['fact']}.", raw, "number")
    if match := _MEANS.match(raw):
        yield _fact(f"What does {match['term']} mean?", match["meaning"], f"{match['meaning']}.", raw, "definition")
    if match := _ONLY.match(raw):
        yield _fact(f"Who may {match['what']}?", match["who"], f"Only {match['who']}.", raw, "who")
    if match := _DO.match(raw):
        way = f"For how long should I {match['verb'].lower()} {match['rest'].strip()}?"
        yield _fact(way, match["fact"], f"At least {match['fact']}.", raw, "number")
    if match := _NO_MORE.match(raw):
        way = f"How much may I {match['verb']}{match['tail']}?"
        yield _fact(way, match["fact"], f"Not more than {match['fact']}.", raw, "number")
    if match := _MUST_BE.match(raw):
        subject = match["subject"][:1].lower() + match["subject"][1:]
        verb = "Are" if match["subject"].endswith("s") else "Is"
        state = "allowed" if match["state"] in ("forbidden", "prohibited") else match["state"]
        way = f"{verb} {subject} {state}{match['tail']}?"
        told = (
            f"No, {'they are' if verb == 'Are' else 'it is'} {match['state']}."
            if "allowed" in way
            else f"Yes, {'they are' if verb == 'Are' else 'it is'} {match['state']}."
        )
        yield _fact(way, match["state"], told, raw, "permission")


def _fact(way: str, fact: str, answer: str, quote: str, kind: str) -> Candidate:
    way = re.sub(r"\s+", " ", way).replace(" ?", "?")
    return Candidate(
        questions=(way,), answer=answer[:1].upper() + answer[1:], fact=fact, kind=kind, quote=quote, unit=kind, rank=1
    )
