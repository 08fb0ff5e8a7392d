"""Numbers as people write them, read exactly: `7B`, `1,200百万`, `１２万３千`, `二十`, `7×10⁹`.

What can be read in more than one way is refused with the readings: a planner that guesses between 1.5 and 1,500 is
wrong by a factor of a thousand, and nobody sees it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Final

from .mistakes import Mistake

# B is 10⁹ and 兆 10¹²: the pair that people mix up when a paper says billion and a budget says 億.
MAGNITUDES: Final = {
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "mn": 10**6,
    "bn": 10**9,
    "tn": 10**12,
    "man": 10**4,
    "oku": 10**8,
    "k": 10**3,
    "m": 10**6,
    "b": 10**9,
    "t": 10**12,
    "万": 10**4,
    "萬": 10**4,
    "億": 10**8,
    "兆": 10**12,
    "京": 10**16,
}
SMALL: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "阡": 1000}
"""Multiply what stands before them, and are multiplied by 万 and larger ones: 三千二百万."""
KANJI_DIGITS: Final = {
    kanji: value for row in ("〇一二三四五六七八九", "零壱弐参肆伍陸漆捌玖") for value, kanji in enumerate(row)
} | {"壹": 1, "貳": 2, "參": 3}
"""壱, 弐, 参 … stand in contracts and on receipts, where 一 could be made a 二."""

MOST: Final = 10**30
"""Larger ones are a slip of the keyboard, and would fill the memory."""

NOTHING: Final = 10**40
"""Stands for the magnitude above the first one."""

GROUP: Final = 10**4
"""From 万 to 億, and from 億 to 兆."""

HINT: Final = "write for example 20000, 20k or 2万"

_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_KANJI = "".join(KANJI_DIGITS)
_TERM = re.compile(
    rf"(?P<coefficient>{_DIGITS}|[{_KANJI}]+(?:\.[{_KANJI}]+)?)?"
    rf"(?P<small>[{''.join(SMALL)}])?(?P<large>{'|'.join(MAGNITUDES)})?",
    re.ASCII,
)
_POWER = re.compile(rf"(?:(?P<coefficient>{_DIGITS})[x×*])?10(?:\^|\*\*)(?P<power>\d{{1,2}})", re.ASCII)
_SCIENTIFIC = re.compile(r"(?P<coefficient>\d+(?:\.\d+)?)e\+?(?P<power>\d{1,2})", re.ASCII)
_POINT = re.compile(rf"(?P<digits>[1-9]\d{{0,2}}\.\d{{3}})(?P<rest>(?:{'|'.join((*SMALL, *MAGNITUDES))})*)", re.ASCII)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

_ABOUT = re.compile(
    r"^(?:約|およそ|おおよそ|ざっと|about|approximately|approx\.?|circa|ca\.)|(?:程度|ほど|くらい|ぐらい)$"
)
"""Takes nothing away from the number: whoever plans with it knows that it is an estimate."""

_SIGN = re.compile(r"^[-+−▲△▼±]|^\(.*\)$")
_BETWEEN = re.compile(r"(?<=.)(?:-|–|—|−|~|〜|から|ないし|乃至|to|または|or)(?=.)")
_BOUND = re.compile(
    r"^[<>≤≥~〜]|^(?:最大|最低|atleast|atmost|upto|over|under|数|several)|(?:以上|以下|以内|未満|超|弱|強|余り?|\+|[~〜])$"
)


def read(text: str, *, shown: str = "", literal: bool = False) -> Decimal:
    """
    Args:
        text: A number without its unit.
        shown: The same as it was written, for messages.
        literal: Whether 3万5 is 30,005 as it stands: of a text that is there, whose writer cannot be asked.

    Raises:
        Mistake: it can be read in no way, or in more than one; then `readings` has them.
    """
    plain, shown = folded(text), shown or text
    if not plain:
        raise Mistake("an empty number" if not shown.strip() else f"`{shown}` has no number", hint=HINT)
    _refuse(plain, shown)
    number = _power_of_ten(plain)
    if number is None:
        number = _Sum(shown, literal).read(plain)
    if number >= MOST:
        raise Mistake(f"`{shown}` is larger than anything that is counted here", hint=HINT)
    return number


def point_or_thousands(text: str, shown: str) -> None:
    """Refuses `1.500` and `1.500万` where thousands are as likely as a fraction: of tokens, people, money.

    Before a magnitude `1.235M` is read, as kitae itself prints it: only what ends in a 0 is no fraction that anybody
    would write.

    Raises:
        Mistake: with both readings.
    """
    found = _POINT.fullmatch(folded(text))
    if found and (found["digits"].endswith("0") or not found["rest"]):
        digits, magnitude = found["digits"], _magnitude(found["rest"])
        both = Decimal(digits) * magnitude, Decimal(digits.replace(".", "")) * magnitude
        raise ambiguous(shown, both, "write `,` between thousands, or fewer or more decimals")


def folded(text: str) -> str:
    """Half-width, lower case, without white space and words that mean `about`; powers as `10^9`."""
    # NFKC alone would make 109 of 10⁹.
    raised = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "^" + found[0].translate(_SUPERSCRIPTS), text)
    plain = unicodedata.normalize("NFKC", raised).casefold().strip()
    if re.search(r"\d\s+\d", plain, re.ASCII) and not re.search(r"(?<!\d)\d{1,3}(?:\s\d{3})+(?!\d)", plain, re.ASCII):
        raise Mistake(f"`{text}` is more than one number", hint="write one")
    plain = re.sub(r"\s", "", plain).replace("_", "").replace("・", ".")
    return _ABOUT.sub("", _ABOUT.sub("", plain))


def ambiguous(text: str, readings: tuple[Decimal | str, ...], hint: str) -> Mistake:
    """What to raise where a text can be read in more than one way."""
    told = tuple(each if isinstance(each, str) else written(each) for each in readings)
    return Mistake(f"`{text}` can be read as {' or '.join(told)}", hint=hint, readings=told)


def written(number: Decimal) -> str:
    """All digits, with commas: `1,500`, `0.25`."""
    return f"{number.normalize():,f}" if number else "0"


def _refuse(plain: str, text: str) -> None:
    """What looks like a number and is none, or is more than one."""
    if _SIGN.search(plain):
        rest = plain.strip("()").lstrip("-+−▲△▼±")
        raise Mistake(
            f"`{text}` has a sign, which does not fit here",
            hint=f"write `{rest}` if that is meant; amounts here are never negative",
            readings=(rest,),
        )
    if _BOUND.search(plain):
        raise Mistake(f"`{text}` is a bound and no number", hint="write the one number to plan with")
    if ends := _range(plain):
        raise Mistake(
            f"`{text}` is a range: {written(ends[0])} to {written(ends[1])}",
            hint="write one number; what is uncertain is planned with an interval anyway",
            readings=(written(ends[0]), written(ends[1])),
        )
    if readings := _readings(plain):
        raise ambiguous(text, readings, "write `,` between thousands, `.` for decimals")


def _range(plain: str) -> tuple[Decimal, Decimal] | None:
    """Both ends; what the second one is counted in is meant for the first one, too: 3〜5億."""
    found = _BETWEEN.search(plain)
    if found is None:
        return None
    low, high = plain[: found.start()], plain[found.end() :]
    unit = re.search(rf"[^\d.,{_KANJI}]*$", high, re.ASCII)
    low += unit[0] if unit and (low[-1].isdecimal() or low[-1] in KANJI_DIGITS) else ""
    try:
        return _Sum(low).read(low), _Sum(high).read(high)
    except Mistake:
        return None


def _readings(plain: str) -> tuple[Decimal, ...]:
    """Of points and commas that no single convention explains."""
    found = re.match(r"[\d.,]+", plain, re.ASCII)
    digits = found[0] if found else ""
    if not digits:
        return ()
    magnitude = _magnitude(plain[len(digits) :])
    if re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", digits):
        first, _, rest = digits.partition(".")
        return Decimal(digits.replace(".", "")) * magnitude, Decimal(f"{first}.{rest.replace('.', '')}") * magnitude
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+", digits):
        other = Decimal(digits.replace(",", "").replace(".", "", digits.count(".") - 1))
        return Decimal(digits.replace(".", "").replace(",", ".")) * magnitude, other * magnitude
    if re.fullmatch(r"\d+,(?:\d{1,2}|\d{4,})", digits):
        return Decimal(digits.replace(",", ".")) * magnitude, Decimal(digits.replace(",", "")) * magnitude
    return ()


def _magnitude(rest: str) -> Decimal:
    """What stands behind the digits; 1 where it is nothing that is known."""
    try:
        return _Sum(rest).read(f"1{rest}")
    except Mistake:
        return Decimal(1)


def _power_of_ten(plain: str) -> Decimal | None:
    found = _POWER.fullmatch(plain) or _SCIENTIFIC.fullmatch(plain)
    if found is None:
        return None
    return _coefficient(found["coefficient"] or "1") * Decimal(10) ** int(found["power"])


@dataclass
class _Sum:
    """A number as a sum of terms that become smaller: 1億 + 2千万, and within 万 千 + 二百."""

    text: str
    """As it was written, for messages."""
    literal: bool = False
    """Whether short forms are read as they stand."""
    total: Decimal = Decimal(0)
    section: Decimal = Decimal(0)
    """What the next 万, 億 … multiplies."""
    large: int = NOTHING
    """The last 万, 億 …; what follows has to be less."""
    small: int = NOTHING
    """The last 十, 百 or 千 of the section."""
    ended: bool = False
    """A decimal fraction stands only at the end of a number, or before its one magnitude."""
    written: str = ""
    """The section, as far as it was read."""

    def read(self, plain: str) -> Decimal:
        # Thirty digits are the most that are let through, and a few more are needed to tell that it is too much.
        with localcontext(prec=80):
            for found in self._terms(plain):
                self._add(found)
            self._check_short_end()
            self._close(1)
            return self.total

    def _terms(self, plain: str) -> Iterator[re.Match[str]]:
        position = 0
        while position < len(plain):
            found = _TERM.match(plain, position)
            if found is None or not (found["coefficient"] or found["small"]):
                raise Mistake(f"`{self.text}` is not a number", hint=HINT)
            yield found
            position = found.end()

    def _add(self, found: re.Match[str]) -> None:
        coefficient, small = found["coefficient"] or "1", SMALL.get(found["small"] or "", 1)
        if self.ended:
            raise Mistake(f"`{self.text}` goes on after a decimal fraction", hint=HINT)
        if small > 1 and len(coefficient) > 1 and set(coefficient) <= KANJI_DIGITS.keys():  # 二〇十
            raise Mistake(f"`{self.text}` is not a number", hint=HINT)
        term = _coefficient(coefficient) * small
        if term >= self.small or small >= self.small:
            raise self._out_of_order()
        self._check_gap(found, term)
        self.section, self.small = self.section + term, small
        self.ended, self.written = "." in coefficient, self.written + found[0]
        if found["large"]:
            self._close(MAGNITUDES[found["large"]])

    def _check_gap(self, found: re.Match[str], term: Decimal) -> None:
        """1千2億: is it 1,002億, or was a 百 forgotten? In kanji alone there is no other way to write 百五."""
        digit = found["coefficient"] or ""
        if not self.section or found["small"] or len(digit) != 1 or self.small <= 10:
            return
        if re.search(r"\d", self.written + digit, re.ASCII):
            magnitude = MAGNITUDES.get(found["large"] or "", 1)
            self._refuse_short(self.section + term * (self.small // 10), self.section + term, magnitude)

    def _check_short_end(self) -> None:
        """1億5 and 1億5千: are they 100,000,005 and 100,005,000, or was 千万 left out, and 万?"""
        if self.large == NOTHING or not self.section:
            return
        if len(self.written) == 1 and self.written not in SMALL:
            self._refuse_short(self.section * (self.large // 10), self.section)
        elif self.large >= GROUP**2 and set(self.written) & SMALL.keys():
            self._refuse_short(self.section * (self.large // GROUP), self.section)

    def _refuse_short(self, meant: Decimal, said: Decimal, magnitude: int = 1) -> None:
        if self.literal:
            return
        readings = (self.total + said * magnitude, self.total + meant * magnitude)
        raise ambiguous(self.text, readings, "write all digits, or the magnitude of each part")

    def _close(self, magnitude: int) -> None:
        """The section is multiplied and added."""
        part = self.section * magnitude
        if part >= self.large or magnitude >= self.large:
            raise self._out_of_order()
        self.total, self.large = self.total + part, magnitude
        self.section, self.small, self.written = Decimal(0), NOTHING, ""

    def _out_of_order(self) -> Mistake:
        return Mistake(f"`{self.text}` names magnitudes out of order", hint="the larger comes first")


def _coefficient(digits: str) -> Decimal:
    plain = "".join(str(KANJI_DIGITS.get(each, each)) for each in digits.replace(",", ""))
    if len(plain) > len(str(MOST)):
        raise Mistake(f"`{digits[:20]}…` has more digits than anything that is counted here", hint=HINT)
    return Decimal(plain)
