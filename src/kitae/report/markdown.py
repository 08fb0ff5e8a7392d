"""Text inside Markdown."""

from __future__ import annotations


def cell(value: object) -> str:
    """Text that a table's cell can hold, and that is no mark-up."""
    text = " ".join(str(value).split())
    for mark in ("\\", "|", "<", "*", "`", "["):
        text = text.replace(mark, f"\\{mark}")
    return text
