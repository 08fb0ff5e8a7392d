"""Imports go only to the left, and stages never import one another."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import kitae

ROOT = Path(kitae.__file__).parent
STAGES = {"adopt", "documents", "corpus", "instruct", "train", "evaluate", "knowledge"}
LAYERS: list[set[str]] = [
    {"core"},
    {"gate"},
    {"engine"},
    STAGES,
    {"plan"},
    {"report", "assistant", "rented"},
    {"sample"},
    {"project"},
    {"measuring", "suites"},
    {"road", "estimate", "viewing"},
    {"planning", "costing"},
    {"commands"},
    {"naming"},
    {"rating", "answering"},
    {"examining"},
    {"footprint"},
    {"surveying", "books"},
    {"comparing", "anchoring", "calibrating"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def imported(file: Path) -> set[str]:
    """The parts of kitae that a file imports, wherever in the file it does so."""
    package = ["kitae", *file.relative_to(ROOT).parts[:-1]]
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if name.name.startswith("kitae.")}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            full = [*base, *(node.module or "").split(".")] if node.module else base
            if full[0] == "kitae":
                found |= {full[1]} if len(full) > 1 else {name.name for name in node.names}
    return found


def wrong_imports() -> list[str]:
    wrong = []
    for file in sorted(ROOT.rglob("*.py")):
        own = file.relative_to(ROOT).parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        for other in imported(file) - {own}:
            if RANK[other] >= RANK[own]:
                wrong.append(f"{file.relative_to(ROOT)} imports {other}")
    return wrong


def test_imports_go_only_to_the_left() -> None:
    assert wrong_imports() == []


def test_every_part_has_its_layer() -> None:
    parts = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts - {"__init__"} <= RANK.keys()


def test_an_import_to_the_right_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "stage.py").write_text("def f():\n    from ..train.stage import fit\n")
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert wrong_imports() == ["corpus/stage.py imports train"]


@pytest.mark.parametrize("module", ["kitae", "kitae.cli.main", "kitae.project", "kitae.commands", "kitae.examining"])
def test_importing_is_cheap(module: str) -> None:
    """Nothing that takes a second to load, and no thread, comes with the road."""
    code = f"import sys, threading, {module}; print(threading.active_count(), *sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    threads, *modules = result.stdout.split()
    assert threads == "1"
    assert not {"torch", "transformers", "ctranslate2", "altair", "sudachipy", "huggingface_hub"} & set(modules)
