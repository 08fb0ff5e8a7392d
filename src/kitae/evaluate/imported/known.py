"""Which published files these are: SHA-256 of the bytes, as they stood at the commits that are named."""

from __future__ import annotations

from typing import Final, Literal

from ...core.noun import Noun


class Variant(Noun):
    """A file that others have published."""

    name: str
    role: str
    """`questions`, `references` or `prompts`."""
    source: str
    licence: str
    known_errors: str = ""


def _file(name: str, role: str, source: str, licence: str = "Apache-2.0", known_errors: str = "") -> Variant:
    return Variant(name=name, role=role, source=source, licence=licence, known_errors=known_errors)


KNOWN: Final[dict[str, Variant]] = {
    "119565adbab82227089cefdb44c8d7e2cf04dc0a0ec233634c82e7d4e2a944f7": _file(
        "mtbench-en", "questions", "lm-sys/FastChat 0e6d3e4"
    ),
    "f957a5bc977badb66885ec970e6cd08527845780313f0995764260e5777b9b3f": _file(
        "gpt-4",
        "references",
        "lm-sys/FastChat 0e6d3e4",
        known_errors="13 of 30 are wrong in a turn (FastChat PR 3158): 104, 105, 109, 111, 113, 114, 120, 122, 124, "
        "125, 126, 128, 130",
    ),
    "e484037da5cc14007dde1d821ef76046fccbd0b2f095237fad9ead2c4fc66800": _file(
        "gpt-4-0125-preview", "references", "lm-sys/FastChat 962316eb"
    ),
    "fd283293406d024f44c174b094ef48031d0687a4682fd3a56b29b138f80281b6": _file(
        "mtbench-en", "prompts", "lm-sys/FastChat 0e6d3e4"
    ),
    "8f56c8bd5ff93d2120409bc8f77f0020e673c74548c9637f2aace12a323834e5": _file(
        "mtbench-ja-stability", "questions", "Stability-AI/FastChat jp-stable e37eb28"
    ),
    "0631685c4ebc66390970588b658e4d19047fafb0a00ec1d841616686c07b0d6b": _file(
        "gpt-4", "references", "Stability-AI/FastChat jp-stable e37eb28"
    ),
    "8ea6c0b82073908f94b57f67918de5f11286e1dd7334b366ecf47a2c9b774996": _file(
        "base-gpt4o-with-human-annotation", "references", "Stability-AI/FastChat jp-stable e37eb28"
    ),
    "237ce7a7eb6de8493b21a708a5dcaf5bce99155a038d898b5454e14c4f4a654c": _file(
        "swallow_gpt-4o-2024-08-06", "references", "swallow-llm/swallow-evaluation"
    ),
    "a3ef723f4e282ced514c8919773549675f0c0f87a61e5a5f46c320b048803b40": _file(
        "stability", "prompts", "Stability-AI/FastChat jp-stable e37eb28", known_errors="the first turn only"
    ),
    "87a9429bdfd776db887f4820f186f6943fa003ec90eec272cb96ff140bfcd7d8": _file(
        "swallow", "prompts", "swallow-llm/swallow-evaluation"
    ),
    "fb0a57a35281ff03bbe7f0e878cff5b577985fbe6fcb242e7e8ddb63d1c0ab11": _file(
        "jsquad-1.3-valid", "questions", "yahoojapan/JGLUE 6f071c09", "CC BY-SA 4.0"
    ),
    "0d8d76f3bfa0d174866939882faccdd01fbc2bcd5a76c43748ba0c40a7b3b8d4": _file(
        "jcommonsenseqa-1.3-valid", "questions", "yahoojapan/JGLUE 6f071c09", "CC BY-SA 4.0"
    ),
    "8712bc34623c6fec856f170ff0b8566421c3c261752b1797b94938f48c1f7bc4": _file(
        "jaquad-0.1.0-dev", "questions", "SkelterLabsInc/JaQuAD 23f5d72c", "CC BY-SA 3.0"
    ),
    "6d777275f61b0250eb2d8f595bf6c602afecb7b7406e7c0c9c3b9d763027068d": _file(
        "jaquad-0.1.0-dev", "questions", "SkelterLabsInc/JaQuAD 23f5d72c", "CC BY-SA 3.0"
    ),
    "b9c6cc23e5ae647eba6286189bac293a16a28b01ca707e1dc956bfcb13a04389": _file(
        "jaquad-0.1.0-dev", "questions", "SkelterLabsInc/JaQuAD 23f5d72c", "CC BY-SA 3.0"
    ),
    "041fe1fdcb32d95974afaae0fb151aed8ee9394889349bb0b5a1c921391cb1d0": _file(
        "jaquad-0.1.0-dev", "questions", "SkelterLabsInc/JaQuAD 23f5d72c", "CC BY-SA 3.0"
    ),
}
"""By digest. Whatever is not in it is said to be unknown, however its file is called."""

LANGUAGES: Final[dict[str, Literal["ja", "en"]]] = {
    "mtbench-en": "en",
    "mtbench-ja-stability": "ja",
    "jsquad-1.3-valid": "ja",
    "jcommonsenseqa-1.3-valid": "ja",
    "jaquad-0.1.0-dev": "ja",
}
"""That answers to published questions should be in, by the name of the set."""
