"""The one place that renders a dialogue into tokens: training, evaluation and serving all call it.

A dialogue becomes text by a Jinja template (the tokenizer's own, or one of two house templates), and the text becomes
tokens here. Two things are stricter than in `transformers.apply_chat_template`, whose tokens it otherwise gives:

- Control tokens come from the template only. A document that says `<end_of_turn>` is encoded as those thirteen
  characters, so no text can end a turn or begin another.
- An assistant's content is never merged with the opening of its turn, so a prompt is always a prefix of the dialogue
  that it was cut from, and the model is asked with exactly the tokens it was trained on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
from tokenizers import AddedToken, Tokenizer

from ..core.dialogue import Message
from ..core.mistakes import Mistake
from ..core.quiet import hush
from .template import PLAIN_TEMPLATE, TURN_MARKS, TURNS_TEMPLATE, compiled, own_template

_GUARD = "\U0010fffe\U0010ffff"
"""Stands before a stretch of text while it is encoded, so that no tokenizer takes it for the start of a text and puts
a space there (Llama 2, Mistral). Two noncharacters, which no text may hold; one that does gets U+FFFD for them."""

Tools = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A dialogue in tokens; `learnt[i]` says whether the loss counts for predicting `tokens[i]`."""

    tokens: list[int]
    learnt: list[bool]


class Renderer:
    """Renders dialogues for the model in a Hugging Face folder.

    Raises:
        Mistake: the folder has no tokenizer, or its template does not tell where an assistant's turn ends.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._tokenizer = _tokenizer(self.folder)
        config = _read(self.folder, "config.json")
        settings = _read(self.folder, "tokenizer_config.json")
        generation = _read(self.folder, "generation_config.json")
        self._names = _special_names(self._tokenizer, config, settings)
        own = own_template(self.folder, settings)
        self.own_template = own is not None
        """Whether the template came with the tokenizer (else it is one of the house's)."""
        self.template = own if own is not None else self._house_template()
        """The Jinja template, as a tokenizer can carry it: see `chat_template`."""
        self._jinja = compiled(self.template, str(self.folder))
        self._controls = self._find_controls()
        self._tokenizer.add_tokens([AddedToken(_GUARD, normalized=False, special=False)])
        self._tokenizer.encode_special_tokens = True  # control strings in a text are text
        self.end_of_turn: str = self._find_end()
        """The token that ends an assistant's turn, as text."""
        ends = {self._id(self.end_of_turn), *_ids(config.get("eos_token_id")), *_ids(generation.get("eos_token_id"))}
        if "eos_token" in self._names:
            ends.add(self._id(self._names["eos_token"]))
        self.stop_ids: tuple[int, ...] = tuple(sorted(ends))
        """Any of these ends an answer."""

    @property
    def bos_id(self) -> int | None:
        """The token that begins a text, if the model has one."""
        return self._id(self._names["bos_token"]) if "bos_token" in self._names else None

    @property
    def eos_id(self) -> int:
        """The token that ends a text; the end of a turn where the model has none."""
        return self._id(self._names.get("eos_token", self.end_of_turn))

    @property
    def pad_id(self) -> int:
        """The token that fills a batch; the end of a text where the model has none."""
        return self._id(self._names["pad_token"]) if "pad_token" in self._names else self.eos_id

    @cached_property
    def vocabulary(self) -> dict[int, str]:
        """Token ids and the tokens' spelling, as the tokenizer has them."""
        return {id: token for token, id in self._tokenizer.get_vocab().items() if token != _GUARD}

    @cached_property
    def line_end_ids(self) -> tuple[int, ...]:
        """Tokens that begin with a line break, as the vocabulary spells it: itself, as a byte, or GPT-2's way."""
        spellings = self.vocabulary.items()
        return tuple(sorted(id for id, token in spellings if token[:1] in ("\n", "Ċ") or token == "<0x0A>"))

    def prompt(self, messages: Sequence[Message], tools: Tools = ()) -> list[int]:
        """The tokens of a prompt, ending with the opening of the assistant's turn.

        Raises:
            Mistake: the messages do not end with a user's or a tool's, or the template refuses them or what they call.
        """
        if not messages or messages[-1].role == "assistant":
            raise Mistake("a prompt must end with a message of the user", hint="leave the assistant's reply out")
        told = _Told(messages, tools)
        self._check_tools(told, opened=True)
        text = self._text(told, opened=True)
        spans = [span for span in self._spans(told) if text.plain.startswith(span.before)]
        tokens, _ = self._tokens(text, [cut for span in spans for cut in span.cuts])
        return tokens

    def dialogue(self, messages: Sequence[Message], tools: Tools = ()) -> Rendered:
        """A whole dialogue. What is learnt are the assistant's turns (contents and calls), each with its end.

        `prompt(messages[:-1])` is always a prefix of `dialogue(messages).tokens` when the last message is the
        assistant's.

        Args:
            tools: Functions that the assistant may call, in OpenAI's form.

        Raises:
            Mistake: nothing is the assistant's, the template renders a turn differently once others follow, or it
                leaves out tools or calls.
        """
        if not any(message.role == "assistant" for message in messages):
            raise Mistake("a dialogue without a reply of the assistant teaches nothing", hint="leave it out")
        told = _Told(messages, tools)
        self._check_tools(told, opened=False)
        text = self._text(told, opened=False)
        spans = list(self._spans(told))
        for span in spans:
            if not span.begins_with_prompt or not text.plain.startswith(span.before):
                raise Mistake(
                    f"the chat template renders turn {span.turn + 1} differently when more follows, "
                    "so a reply cannot be learnt as it will be asked for",
                    where=str(self.folder),
                    hint="use dialogues with one reply, or a model whose template keeps earlier turns as they were",
                )
        tokens, at = self._tokens(text, [cut for span in spans for cut in span.cuts])
        learnt = [False] * len(tokens)
        for start, end in zip(at[::2], at[1::2], strict=True):
            learnt[start:end] = [True] * (end - start)
        return Rendered(tokens, learnt)

    def plain(self, text: str) -> list[int]:
        """A text as continued pretraining sees it: with the beginning (if the model has one) and the end."""
        begin = [] if self.bos_id is None else [self.bos_id]
        return [*begin, *self.encode(text), self.eos_id]

    def encode(self, text: str) -> list[int]:
        """The tokens of a text and nothing else; what looks like a control token is encoded as text."""
        text = text.replace(_GUARD, "\ufffd" * len(_GUARD))
        return list(self._tokenizer.encode(_GUARD + text, add_special_tokens=False).ids)[1:]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens, without control tokens. Bytes that are no whole character become U+FFFD."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))

    # Text and where its replies stand

    def _text(self, told: _Told, *, opened: bool) -> _Text:
        masked, back = self._mask(told)
        return _Text(self._render(masked, opened=opened), back)

    def _render(self, told: _Told, *, opened: bool) -> str:
        messages = told.messages
        try:
            return self._apply(told, opened=opened)
        except jinja2.TemplateError as error:
            if messages and messages[0].role == "system":
                return self._render(replace(told, messages=_without_system(messages)), opened=opened)
            raise Mistake(
                f"the chat template refuses the messages ({', '.join(m.role for m in messages)}): {error}",
                where=str(self.folder),
                hint="user and assistant must take turns, beginning with the user",
            ) from None

    def _rendered(self, told: _Told, *, opened: bool) -> str | None:
        """`None` where the template refuses it."""
        try:
            return self._render(told, opened=opened)
        except Mistake:
            return None

    def _apply(self, told: _Told, *, opened: bool) -> str:
        return self._jinja.render(
            messages=[message.model_dump() for message in told.messages],
            tools=list(told.tools) or None,
            documents=None,
            add_generation_prompt=opened,
            **{name: self._names.get(name, "") for name in ("bos_token", "eos_token", "pad_token", "unk_token")},
        )

    def _check_tools(self, told: _Told, *, opened: bool) -> None:
        """
        Raises:
            Mistake: the template knows no tools; it would leave them out in silence.
        """
        if not told.tools and not any(each.tool_calls for each in told.messages):
            return
        calls = [message.model_copy(update={"tool_calls": ()}) for message in told.messages]
        for what, there, without in (
            ("the tools", bool(told.tools), replace(told, tools=())),
            ("calls of tools", any(each.tool_calls for each in told.messages), replace(told, messages=calls)),
        ):
            if there and self._render(told, opened=opened) == self._rendered(without, opened=opened):
                raise Mistake(
                    f"the chat template leaves out {what}",
                    where=str(self.folder),
                    hint="take a base whose template knows tools, or put one into its chat_template.jinja",
                )

    def _mask(self, told: _Told) -> tuple[_Told, dict[str, str]]:
        """The same with each control string replaced by a character that occurs nowhere, and the way back."""
        whole = "".join(_strings([told.tools, [_said(message) for message in told.messages]]))
        found = sorted(set(self._control_pattern.findall(whole)), key=len, reverse=True)
        if not found:
            return told, {}
        unused = (chr(code) for code in range(0xF0000, 0x10FFFE) if chr(code) not in whole)
        back = dict(zip(unused, found, strict=False))

        def masked(value: Any) -> Any:
            if isinstance(value, str):
                for mark, control in back.items():
                    value = value.replace(control, mark)
                return value
            if isinstance(value, Mapping):
                return {masked(key): masked(each) for key, each in value.items()}
            return [masked(each) for each in value] if isinstance(value, list | tuple) else value

        messages = [Message.model_validate(masked(message.model_dump())) for message in told.messages]
        return _Told(messages, masked(told.tools)), back

    def _spans(self, told: _Told) -> Iterator[_Span]:
        """Where each reply stands, found by rendering the dialogue up to it and then with it."""
        masked, _ = self._mask(told)
        for turn, message in enumerate(masked.messages):
            if message.role != "assistant":
                continue
            opening = self._render(masked.first(turn), opened=True)
            closed = self._render(masked.first(turn + 1), opened=False)
            begins = closed.startswith(opening)
            end = closed.find(self.end_of_turn, len(opening)) if begins else -1
            if end < 0:
                yield _Span(turn, closed, (), begins_with_prompt=False)
            else:
                end += len(self.end_of_turn)
                yield _Span(turn, closed[:end], (len(opening), end), begins_with_prompt=True)

    # From text to tokens

    def _tokens(self, text: _Text, cuts: Sequence[int]) -> tuple[list[int], list[int]]:
        """Tokens of a rendered text, none of which crosses a cut, and the index of the token at each cut."""
        tokens: list[int] = []
        at: list[int] = []
        left = list(cuts)
        position = 0
        for control in [*self._spaced_pattern.finditer(text.plain), None]:
            stretch_end = control.start() if control else len(text.plain)
            inner = [cut for cut in left if cut < stretch_end]
            found, where = self._stretch(text, position, stretch_end, inner)
            at += [len(tokens) + index for index in where]
            tokens += found
            left = left[len(inner) :]
            if control is None:
                at += [len(tokens)] * len(left)
                break
            while left and left[0] < control.end():
                at.append(len(tokens))
                del left[0]
            mark = control.group()
            tokens.append(self._id(mark if mark in self._controls else mark.strip()))
            position = control.end()
        return tokens, at

    def _stretch(self, text: _Text, start: int, end: int, cuts: Sequence[int]) -> tuple[list[int], list[int]]:
        """Tokens of text without control tokens. Encoded as a whole where no token crosses a cut, else in parts."""
        done: list[int] = []
        at: list[int] = []
        before = start
        for cut in [*cuts, end]:
            whole = self.encode(text.true(start, cut)) if cut > start else []
            done = whole if whole[: len(done)] == done else done + self.encode(text.true(before, cut))
            at.append(len(done))
            before = cut
        return done, at[:-1]

    # What the tokenizer knows

    def _id(self, token: str) -> int:
        id = self._tokenizer.token_to_id(token)
        if id is None:
            raise Mistake(
                f"the tokenizer does not know its own special token `{token}`",
                where=str(self.folder),
                hint="the folder's tokenizer_config.json and tokenizer.json belong to different models",
            )
        return int(id)

    def _house_template(self) -> str:
        if all(self._tokenizer.token_to_id(turn) is not None for turn in TURN_MARKS):
            return TURNS_TEMPLATE
        if "eos_token" not in self._names:
            raise Mistake(
                "the tokenizer has neither a chat template nor a token that ends a text",
                where=str(self.folder),
                hint="name `eos_token` in tokenizer_config.json",
            )
        return PLAIN_TEMPLATE

    def _find_controls(self) -> dict[str, AddedToken]:
        """Every token that steers: special ones, and marks that the template writes. Sets them as special."""
        added = {str(token.content): token for token in self._tokenizer.get_added_tokens_decoder().values()}
        controls = {text: token for text, token in added.items() if token.special or self._is_mark(text)}
        for text in [*self._names.values(), *(turn for turn in TURN_MARKS if turn in self.template)]:
            controls.setdefault(text, added.get(text, AddedToken(text, normalized=False, special=True)))
        loose = [text for text, token in controls.items() if text not in added or not token.special]
        self._tokenizer.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in loose])
        return controls

    def _is_mark(self, token: str) -> bool:
        """Whether the template writes this token and it is no common text: `<think>`, but not Gemma's line breaks."""
        return token in self.template and re.fullmatch(r"[<\[].+[>\]]", token) is not None

    @cached_property
    def _control_pattern(self) -> re.Pattern[str]:
        return _any_of(re.escape(text) for text in self._controls)

    @cached_property
    def _spaced_pattern(self) -> re.Pattern[str]:
        """Control tokens with the white space around them that they swallow."""
        return _any_of(
            (r"\s*" if token.lstrip else "") + re.escape(text) + (r"\s*" if token.rstrip else "")
            for text, token in self._controls.items()
        )

    def _find_end(self) -> str:
        probe = "ANSWER"
        asked = [Message(role="user", content="Q"), Message(role="assistant", content=probe)]
        text = self._render(_Told(asked), opened=False)
        found = self._control_pattern.search(text, text.rfind(probe) + len(probe)) if probe in text else None
        if found is None:
            raise Mistake(
                "the chat template does not end an assistant's turn with a special token, so an answer would not stop",
                where=str(self.folder),
                hint="remove the template from the folder to use the house's, or mend it",
            )
        return found.group()


def chat_template(renderer: Renderer) -> str:
    """The Jinja template that a model folder carries (`chat_template.jinja`), so that others ask it the same way.

    `transformers.apply_chat_template` with it gives the tokens of `Renderer`, but for the two cases at the top of
    this module.
    """
    return renderer.template


@dataclass(frozen=True, slots=True)
class _Told:
    """Messages, and the functions that may be called."""

    messages: Sequence[Message]
    tools: Tools = ()

    def first(self, count: int) -> _Told:
        return _Told(self.messages[:count], self.tools)


@dataclass(frozen=True, slots=True)
class _Text:
    """A rendered text, in which control strings of the contents are masked."""

    plain: str
    back: Mapping[str, str]

    def true(self, start: int, end: int) -> str:
        text = self.plain[start:end]
        for mark, control in self.back.items():
            text = text.replace(mark, control)
        return text


@dataclass(frozen=True, slots=True)
class _Span:
    """A reply: the text up to the end of its turn, and where in it the reply starts and ends."""

    turn: int
    before: str
    cuts: tuple[int, ...]
    begins_with_prompt: bool


def _said(message: Message) -> list[Any]:
    return [message.content, *(call.model_dump() for call in message.tool_calls)]


def _strings(value: Any) -> Iterator[str]:
    """Every text in a value as JSON has it, keys among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _strings([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(patterns, key=len, reverse=True)) or r"(?!)")


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """The system message in front of the first user's, for templates that know no system."""
    system, rest = messages[0], list(messages[1:])
    if not rest or rest[0].role != "user":
        raise Mistake("a system message must be followed by the user's", hint="write the user's message after it")
    rest[0] = rest[0].model_copy(update={"content": f"{system.content.strip()}\n\n{rest[0].content.strip()}"})
    return rest


def _tokenizer(folder: Path) -> Tokenizer:
    file = folder / "tokenizer.json"
    if file.is_file():
        return Tokenizer.from_file(str(file))
    if not (folder / "config.json").is_file():
        raise Mistake("no model in this folder", where=str(folder), hint="it must hold config.json and tokenizer.json")
    hush()
    from transformers import AutoTokenizer

    try:
        slow = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        return Tokenizer.from_str(slow.backend_tokenizer.to_str())
    except (OSError, ValueError, AttributeError, ImportError) as error:
        raise Mistake(
            f"the tokenizer cannot be read: {error}",
            where=str(folder),
            hint="save it once as tokenizer.json (`PreTrainedTokenizerFast.save_pretrained`)",
        ) from None


def _read(folder: Path, name: str) -> dict[str, Any]:
    file = folder / name
    if not file.is_file():
        return {}
    value = json.loads(file.read_text(encoding="utf-8"))
    return value if isinstance(value, dict) else {}


def _special_names(tokenizer: Tokenizer, config: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, str]:
    """`bos_token`, `eos_token`, `pad_token`, `unk_token` as text: from the tokenizer, else by id from the model."""
    names: dict[str, str] = {}
    for name in ("bos_token", "eos_token", "pad_token", "unk_token"):
        given = settings.get(name)
        text = given.get("content") if isinstance(given, dict) else given
        if not isinstance(text, str):
            ids = _ids(config.get(f"{name}_id"))
            text = tokenizer.id_to_token(ids[0]) if ids else None
        if isinstance(text, str) and tokenizer.token_to_id(text) is not None:
            names[name] = text
    return names


def _ids(value: Any) -> list[int]:
    if isinstance(value, int):
        return [value]
    return [id for id in value if isinstance(id, int)] if isinstance(value, list) else []
