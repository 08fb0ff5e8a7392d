"""Our chat templates with the marks by which transformers and TRL know what the assistant says."""

from __future__ import annotations

from kitae.core.mistakes import Mistake

REPLY = "{%- generation -%}{{- REPLY -}}{%- endgeneration -%}"

MARKED = (
    # The house's template with turn marks: the reply and the mark that ends its turn, without the line break.
    (
        "{{- '<start_of_turn>' + role + '\n' + content + '<end_of_turn>\n' -}}",
        "{{- '<start_of_turn>' + role + '\n' -}}{%- if role == 'model' -%}"
        + REPLY.replace("REPLY", "content + '<end_of_turn>'")
        + "{%- else -%}{{- content + '<end_of_turn>' -}}{%- endif -%}{{- '\n' -}}",
    ),
    # The one with headings, for models whose vocabulary has no marks.
    (
        "{{- '### 回答\n' + message['content'] | trim + eos_token + '\n' -}}",
        "{{- '### 回答\n' -}}"
        + REPLY.replace("REPLY", "message['content'] | trim + eos_token")
        + "{{- '\n' -}}",
    ),
)  # fmt: skip
"""What stands in a template of the house, and the same with marks."""


def marked(template: str) -> str:
    """The template with marks; one that has them is returned as it is.

    Raises:
        Mistake: it is a model's own and has none.
    """
    if "generation -%}" in template or "generation %}" in template:
        return template
    for plain, with_marks in MARKED:
        if plain in template:
            return template.replace(plain, with_marks)
    raise Mistake(
        "the model brings a chat template without {% generation %} marks, so TRL cannot tell what the assistant says",
        hint="take a project whose base has no template of its own, as the demo's",
    )
