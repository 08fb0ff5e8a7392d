"""`kitae number`: a number as people write it, read and printed both ways."""

from __future__ import annotations

from ..core.amount import Amount, parse_amount
from ..core.numerals import written as all_digits
from .outputs import NumberOutput
from .printing import emit


def number(written: str, kind: str, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: no such kind, or a number that can be read in no or in more than one way.
    """
    found = parse_amount(written, kind)
    whole = found.value == found.value.to_integral_value()
    output = NumberOutput(value=int(found.value) if whole else float(found.value), unit=found.unit)
    emit(output, as_json=as_json, text=lambda console: console.print(_told(found, whole=whole), markup=False))


def _told(found: Amount, *, whole: bool) -> str:
    """With all digits: in rounded figures a misreading would hide."""
    told, exact = str(found), all_digits(found.value)
    return told if exact in told or not whole else f"{told}, exactly {exact}"
