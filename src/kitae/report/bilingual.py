"""Words in Japanese and English at once; the reader's choice shows one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

Language = Literal["ja", "en"]


@dataclass(frozen=True)
class Both:
    """The same words in both languages. In a template both are written, and the style sheet hides one."""

    ja: str
    en: str

    def __html__(self) -> Markup:
        template = Markup('<span class="ja" lang="ja">{}</span><span class="en" lang="en">{}</span>')
        return template.format(self.ja, self.en)

    def inside_svg(self, attributes: Markup) -> Markup:
        """As two `<text>` elements in one place."""
        template = Markup('<text class="ja" lang="ja" {0}>{1}</text><text class="en" lang="en" {0}>{2}</text>')
        return template.format(attributes, self.ja, self.en)

    def only(self, language: Language) -> str:
        return self.ja if language == "ja" else self.en


def both(ja: str, en: str) -> Both:
    """How templates write words."""
    return Both(ja, en)
