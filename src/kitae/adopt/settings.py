"""The token ids that a model's settings name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TOKEN_KEYS = ("_token_id", "_token_index")
TOKEN_LISTS = ("suppress_tokens", "begin_suppress_tokens")


def token_ids(settings: Mapping[str, Any]) -> set[int]:
    """The ids that a config names under keys like `eos_token_id` and `image_token_index`, at any depth."""
    found: set[int] = set()
    for key, value in settings.items():
        if isinstance(value, dict):
            found |= token_ids(value)
        elif key.endswith(TOKEN_KEYS):
            found |= {each for each in (value if isinstance(value, list) else [value]) if isinstance(each, int)}
    return found


def renumber_settings(settings: dict[str, Any], new_ids: Mapping[int, int], rows: int) -> dict[str, Any]:
    """`config.json`, `generation_config.json` or `tokenizer_config.json` with the new ids and the new number of rows.

    An id that did not stay (one without a row, or of no special token) is left out.
    """
    changed: dict[str, Any] = {}
    for key, value in settings.items():
        if key == "added_tokens_decoder":
            changed[key] = {str(new_ids[int(old)]): token for old, token in value.items() if int(old) in new_ids}
        elif key == "text_config":
            changed[key] = renumber_settings(value, new_ids, rows)
        elif key == "bad_words_ids" and value:
            changed[key] = [[new_ids[each] for each in words] for words in value if new_ids.keys() >= set(words)]
        elif key.endswith((*TOKEN_KEYS, *TOKEN_LISTS)) and isinstance(value, list):
            changed[key] = [new_ids[each] for each in value if each in new_ids]
        elif key.endswith(TOKEN_KEYS) and isinstance(value, int):
            if value in new_ids:
                changed[key] = new_ids[value]
        else:
            changed[key] = rows if key == "vocab_size" else value
    return changed
