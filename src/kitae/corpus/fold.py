"""Width folding: the part of NFKC that changes how a character is drawn and not what it says.

Folded: full-width letters and digits, half-width kana, and the signs that go with numbers. Left as they are, although
NFKC would change them:

- `①`, `㋐`, `⑴`: NFKC makes `1`, `ア`, `(1)` of them; `①` names an item, and `第1①号` would read `第11号`.
- `²`, `½`, `㎡`, `㎥`: `10²` would become `102`, `5½` `51⁄2`, `30㎡` `30m2`.
- `㍻`, `㈱`, `㎏`, `℃`, `№`, `Ⅲ`: spelt out by NFKC. Nothing is gained, and an answer is expected to quote what the
  document says; the search folds both sides on its own.
- `「」、。・ー～（）！？：；` and the full-width space: Japanese punctuation, whose half-width forms are other
  characters.
- `＜＞`: brackets in Japanese, comparison signs in ASCII.
- `…`, `‥`, `´`, `¨`: NFKC makes three or two full stops, or a space with a combining mark of them.
- `﨑`, `神`: variants of kanji in names (those with a canonical form were folded by the reader already, see `NFC`).
"""

from __future__ import annotations

import re
import unicodedata

_ALNUM = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_SIGNS = {ord(full): half for full, half in zip("％＋＝＆＠＃＄＊＿／", "%+=&@#$*_/", strict=True)}
# One JIS character has two code points, by who made the table: Microsoft maps it to ～, the others to 〜.
_VARIANTS = {ord("〜"): "～"}
_TABLE = _ALNUM | _SIGNS | _VARIANTS

_HALF_WIDTH_KANA = re.compile("[｡-ﾟ]+")
# １，０００ / ０．５ / ９：００ / ＱＰ－０７: between letters and digits these are the signs of numbers and codes.
_INSIDE = re.compile("(?<=[0-9A-Za-z])[．，：－](?=[0-9A-Za-z])")
_HALF = {"．": ".", "，": ",", "：": ":", "－": "-"}


def fold_widths(text: str) -> str:
    """The text with widths folded; folding again changes nothing."""
    text = _HALF_WIDTH_KANA.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
    text = text.translate(_TABLE)
    # A half-width voiced mark may stand after a full-width letter, and joins it now.
    return unicodedata.normalize("NFC", _INSIDE.sub(lambda sign: _HALF[sign[0]], text))
