"""The documentation is true: its examples run, its links lead somewhere, its references are complete."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import typer
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

import kitae
from kitae.cli.main import app
from kitae.core.label import Label
from kitae.core.quantity import Money

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
COMMANDS: dict[str, Any] = dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
for group in [name for name in COMMANDS if hasattr(COMMANDS[name], "commands")]:
    COMMANDS |= {f"{group} {name}": command for name, command in COMMANDS[group].commands.items()}
WILDCARD = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT) if self.page.is_relative_to(ROOT) else self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found: list[Block] = []
    opened: tuple[int, str, str] | None = None
    inside: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        fence = re.match(r"^(`{3,})(.*)$", line)
        if opened is None and fence:
            opened, inside = (number, fence[1], fence[2].strip()), []
        elif opened is not None and line == opened[1]:
            found.append(Block(page, opened[0], opened[2], tuple(inside)))
            opened = None
        elif opened is not None:
            inside.append(line)
    assert opened is None, f"{page}: the block of line {opened[0]} never ends"
    return found


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"^(`{3,})[^\n]*\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)


def named(pages: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", pages, ids=[str(page.relative_to(ROOT)) for page in pages])


# Examples


def matches(shown: tuple[str, ...], found: str) -> bool:
    """Whether output is as shown: `…` stands for any characters of a line, alone in a line for any lines."""
    pattern = "".join(
        r"(?:[^\n]*\n)*?"
        if line.strip() == WILDCARD
        else ".*".join(re.escape(part) for part in line.rstrip().split(WILDCARD)) + r"[ ]*\n"
        for line in shown
    )
    return re.fullmatch(pattern, found.rstrip() + "\n") is not None


def commands(block: Block) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The commands of a console block, each with the output that is shown below it."""
    command = ""
    output: list[str] = []
    for line in block.lines:
        if line.startswith("$ "):
            if command:
                yield command, tuple(output)
            command, output = line.removeprefix("$ "), []
        else:
            assert command, f"{block.place}: a console block begins with a command"
            output.append(line)
    yield command, tuple(output)


def run_console(block: Block, folder: Path) -> None:
    """Runs `$ kitae …` and holds its output against what is shown; `$ echo $?` shows how the command ended."""
    ended, told = 0, ""
    for command, shown in commands(block):
        if command == "echo $?":
            assert shown == (str(ended),), f"{block.place}: the exit code is {ended}"
            ended = 0
            continue
        assert ended == 0, f"{block.place}: the command before `{command}` ended with {ended}\n{told}"
        program, *arguments = shlex.split(command)
        assert program == "kitae", f"{block.place}: only kitae is run by the tests, not {program}"
        result = subprocess.run(
            [sys.executable, "-m", "kitae", *arguments],
            cwd=folder,
            env=os.environ | {"COLUMNS": "80", "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ended, told = result.returncode, result.stdout
        assert not shown or matches(shown, told), f"{block.place}: `{command}` prints\n{told}"
    assert ended == 0, f"{block.place}: the last command ended with {ended}\n{told}"


def run_python(block: Block, namespace: dict[str, Any]) -> str:
    """Runs the code in the page's namespace; returns what it printed."""
    printed = io.StringIO()
    # Padded, so that a traceback names the line of the page.
    code = compile("\n" * block.line + block.text, str(block.page), "exec", dont_inherit=True)
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    return printed.getvalue()


def run_page(page: Path, folder: Path) -> int:
    """Runs a page's examples in order, in a project's folder; a `text` block right below code is what it prints."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed: str | None = None
    ran = 0
    for block in blocks(page):
        if block.language == "python":
            printed = run_python(block, namespace)
            ran += 1
        elif block.language == "console":
            run_console(block, folder)
            ran += 1
        elif block.language == "text" and printed is not None:
            assert matches(block.lines, printed), f"{block.place}: the code above prints\n{printed}"
        if block.language != "python":
            printed = None
    return ran


WITH_EXAMPLES = [page for page in PAGES if any(block.language in ("python", "console") for block in blocks(page))]


@named(WITH_EXAMPLES)
def test_the_examples_of_a_page_run(page: Path, walked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(walked)
    assert run_page(page, walked) > 0


@named([page for page in DOCS.glob("*.md") if page.name not in ("index.md", "log.md", "gain.md")])
def test_every_page_has_an_example(page: Path) -> None:
    assert page in WITH_EXAMPLES


@pytest.mark.parametrize(
    "broken",
    [
        "```python\nassert 1 == 2\n```",
        "```python\nprint(3)\n```\n```text\n4\n```",
        "```console\n$ kitae stauts\n```",
        "```console\n$ kitae show corpus/mian\nanything\n$ echo $?\n2\n```",
        "```console\n$ kitae status --json\n$ echo $?\n2\n```",
    ],
)
def test_a_broken_example_would_be_found(broken: str, walked: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{broken}\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        run_page(page, walked)


@named([page for page in PAGES if any(block.language == "toml" for block in blocks(page))])
def test_every_piece_of_a_project_file_is_one(page: Path, tmp_path: Path) -> None:
    """What a page shows of kitae.toml is read as strictly as a user's own."""
    from kitae.project import Project

    for number, block in enumerate(block for block in blocks(page) if block.language == "toml"):
        written = tomllib.loads(block.text)
        rest = "" if "sources" in written else '\n[[sources]]\nname = "rules"\npath = "documents"\n'
        rest += "" if "project" in written else '\n[project]\nname = "example"\n'
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "kitae.toml").write_text(block.text + rest, encoding="utf-8")
        project = Project(folder)
        for variant in project.file.variants:
            project.variant(variant)


@named([page for page in PAGES if any(block.language == "sh" for block in blocks(page))])
def test_every_command_that_is_only_shown_could_be_run(page: Path) -> None:
    """`sh` blocks are not run, but kitae must know their commands and options, and make their targets."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for block in blocks(page):
        for line in block.lines if block.language == "sh" else ():
            program, *arguments = [*shlex.split(line, comments=True), ""][:-1] or [""]
            if Path(program).name == "kitae":
                if arguments[:1] == ["-C"]:
                    del arguments[:2]
                name, *rest = arguments
                assert name in COMMANDS, f"{block.place}: kitae has no command {name}"
                COMMANDS[name].make_context(name, rest)
            elif program == "make":
                assert set(arguments) <= set(targets), f"{block.place}: make has no target {arguments}"


# Form


@named(PAGES)
def test_a_page_has_one_title(page: Path) -> None:
    assert len(re.findall(r"^# \S", prose(page), re.MULTILINE)) == 1


def anchors(page: Path) -> set[str]:
    """What a link to a heading of the page says after `#`, as GitHub makes it."""
    found = set()
    for heading in re.findall(r"^#{1,6} (.+)$", prose(page), re.MULTILINE):
        letters = [c for c in heading.strip().lower() if c in " -_" or unicodedata.category(c)[0] in "LNM"]
        found.add("".join(letters).replace(" ", "-"))
    return found


def dead_links(page: Path) -> list[str]:
    """Links of a page to files or headings that are not there."""
    dead = []
    for target in re.findall(r"\]\(([^()\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            dead.append(target)
    return dead


@named(PAGES)
def test_every_link_inside_leads_somewhere(page: Path) -> None:
    assert dead_links(page) == []


def test_a_dead_link_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n\n## The `x` table\n\n[a](#the-x-table) [b](#other) [c](none.md)", encoding="utf-8")
    assert dead_links(page) == ["#other", "none.md"]


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [(page.parent / target).resolve() for target in re.findall(r"\]\(([^()#\s:]+)", prose(page))]
    assert set(DOCS.rglob("*.md")) <= reached


# Completeness


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_readme_tells_of_every_folder(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    folders = {path.parent.name for path in Path(kitae.__file__).parent.glob("*/__init__.py")}
    assert [folder for folder in sorted(folders) if not re.search(rf"\b{folder}/", text)] == []


def section(page: Path, heading: str) -> str:
    """The part of a page below a heading that contains these words."""
    parts = re.split(r"^(#{2,} .*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return next((body for title, body in zip(parts[1::2], parts[2::2], strict=True) if heading in title), "")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_described(name: str) -> None:
    text = section(DOCS / "cli.md", f"`kitae {name}`")
    options = [option for parameter in COMMANDS[name].params for option in parameter.opts if option.startswith("--")]
    assert text
    # `--json` is the same everywhere, and told of once.
    assert [option for option in options if option not in text and option != "--json"] == []


Key = tuple[str, str, FieldInfo]


def keys(model: type[BaseModel], table: str = "") -> Iterator[Key]:
    """Every key that kitae.toml may have: table, name, and what the model says of it."""
    for name, field in model.model_fields.items():
        inner = next((each for each in parts_of(field.annotation) if issubclass(each, BaseModel)), None)
        dotted = f"{table.strip('[]')}.{name}" if table else name
        if inner is None or inner is Money:
            yield table, name, field
        elif get_origin(field.annotation) is tuple:
            yield from keys(inner, f"[[{dotted}]]")
        elif get_origin(field.annotation) is dict:
            yield from keys(inner, f"[{dotted}.NAME]")
        else:
            yield from keys(inner, f"[{dotted}]")


def parts_of(annotation: Any) -> list[type]:
    """The classes that an annotation is made of."""
    if isinstance(annotation, type) and not get_args(annotation):
        return [annotation]
    return [part for each in get_args(annotation) for part in parts_of(each)]


def default(field: FieldInfo) -> str:
    """As it stands in the reference: in TOML."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value == () or value == {}:
        return "none"
    return f"`{toml(value)}`"


def toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(toml(each) for each in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def kind(field: FieldInfo) -> str:
    """What may be written, as it stands in the reference."""
    annotation, metadata = field.annotation, list(field.metadata)
    if type(None) in get_args(annotation):
        (annotation,) = [each for each in get_args(annotation) if each is not type(None)]
        metadata += getattr(annotation, "__metadata__", ())
        annotation = getattr(annotation, "__origin__", annotation)
    people_write_it = any(type(each).__name__ == "BeforeValidator" for each in metadata)
    if annotation is int:
        return f"{'count' if people_write_it else 'integer'}{bounds(metadata)}"
    if annotation is float:
        return f"number{bounds(metadata)}"
    plain = {str: "text", bool: "true or false", Label: "label", Money: "money", AwareDatetime: "date and time"}
    if annotation in plain:
        return plain[annotation]
    if get_origin(annotation) is tuple:
        return "list of text"
    if get_origin(annotation) is dict:
        return "table"
    return " or ".join(f'`"{each}"`' for each in get_args(annotation))


def bounds(metadata: list[Any]) -> str:
    marks = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    found = [
        f"{mark} {toml(getattr(each, key))}" for each in metadata for key, mark in marks.items() if hasattr(each, key)
    ]
    return "".join(f", {each}" for each in found)


def project_keys() -> list[Key]:
    from kitae.project import ProjectFile

    return list(keys(ProjectFile))


def test_every_key_of_the_project_file_is_described() -> None:
    """With its type and its default, so that neither can change unnoticed."""
    missing = {}
    for table, name, field in project_keys():
        row = f"| `{name}` | {kind(field)} | {default(field)} |"
        if row not in section(DOCS / "project.md", f"`{table}`"):
            missing[f"{table} {name}"] = row
    assert missing == {}


def test_the_reference_of_the_project_file_describes_nothing_that_is_not_there() -> None:
    known = {(table, name) for table, name, _ in project_keys()}
    text = (DOCS / "project.md").read_text(encoding="utf-8")
    told = set()
    for heading, body in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        names = re.findall(r"`(\[.*?\]+)`", heading)
        told |= {(names[0], key) for key in re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE) if names}
    assert told <= known
