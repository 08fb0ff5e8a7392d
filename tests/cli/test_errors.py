"""What a user can mend is told in three lines and ends with 2; a gate that says no with 3; a bug with 1."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

Command = Callable[..., Any]

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "mistake.v1.json"


def told(ended: Any, *, what: str, where: str, do: str) -> None:
    """Holds what a command printed against the form of a mistake: what, where, what to do, and no traceback."""
    assert ended.code == 2
    assert ended.out == ""
    assert "Traceback" not in ended.err
    lines = ended.err[ended.err.index("kitae: ") :].splitlines()
    assert what in lines[0]
    assert lines[1].startswith("  where: ") and where in lines[1]
    assert lines[2].startswith("  do:    ") and do in lines[2]
    assert len(lines) == 3


def edit(folder: Path, before: str, after: str) -> None:
    file = folder / "kitae.toml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def add(folder: Path, more: str) -> None:
    file = folder / "kitae.toml"
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")


def sealed(folder: Path) -> dict[str, bytes]:
    """What there is in store and records, apart from the lock and the memo."""
    files = [path for part in ("store", "records") for path in (folder / part).rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in files if path.name[0] != "." and "memo.sqlite" not in path.name}


def test_an_unknown_key_names_the_nearest_one(kitae: Command, tiny_project: Path) -> None:
    edit(tiny_project, 'tokens = "1.2k"', 'tokenz = "1.2k"')
    told(kitae("-C", tiny_project, "status"), what="`train.tune.tokenz`", where="kitae.toml", do="`tokens`")


def test_a_value_that_does_not_fit_is_told_with_what_it_says(kitae: Command, tiny_project: Path) -> None:
    edit(tiny_project, 'tokens = "1.2k"', 'tokens = "some"')
    told(kitae("-C", tiny_project, "status"), what="`train.tune.tokens`", where="kitae.toml", do="'some'")


def test_toml_that_is_none_names_the_line(kitae: Command, tiny_project: Path) -> None:
    edit(tiny_project, "[train.tune]", "[train.tune")
    told(kitae("-C", tiny_project, "status"), what="line 19", where="kitae.toml", do="correct")


def test_a_folder_without_a_project_says_how_to_make_one(kitae: Command, tmp_path: Path) -> None:
    told(kitae("-C", tmp_path, "status"), what="no kitae.toml", where=str(tmp_path), do="kitae init")


def test_a_source_that_is_not_there_is_named(kitae: Command, tiny_project: Path) -> None:
    edit(tiny_project, 'path = "documents"', 'path = "dokuments"')
    told(kitae("-C", tiny_project, "run"), what="folder", where="dokuments", do="path")


def test_a_suite_that_is_not_there_is_named(kitae: Command, tiny_project: Path) -> None:
    edit(tiny_project, 'file = "questions.jsonl"', 'file = "question.jsonl"')
    told(kitae("-C", tiny_project, "run"), what="questions", where="question.jsonl", do="[[suites]]")


def test_a_base_that_is_not_there_is_named(kitae: Command, tiny_project: Path) -> None:
    edit(tiny_project, 'base = "path:../base"', 'base = "path:../bass"')
    told(kitae("-C", tiny_project, "run"), what="no model", where="bass", do="config.json")


def test_a_stage_that_does_not_exist_names_the_nearest_one(kitae: Command, tiny_project: Path) -> None:
    ended = kitae("-C", tiny_project, "run", "corpsu")
    assert ended.code == 2
    assert "`corpsu`" in ended.err
    assert "`corpus`" in ended.err


def test_an_artifact_that_does_not_exist_names_the_nearest_one(kitae: Command, walked: Path) -> None:
    told(kitae("-C", walked, "show", "corpus/mian"), what="corpus/mian", where="store", do="`corpus/main`")
    told(kitae("-C", walked, "lineage", "model/tuned@9"), what="model/tuned@9", where="store", do="model/tuned@")


def test_a_row_that_is_not_in_the_table_names_the_nearest_one(kitae: Command, walked: Path) -> None:
    ended = kitae("-C", walked, "compare", "--against", "base.retrievl")
    assert ended.code == 2
    assert "`base.retrieval`" in ended.err


def test_a_table_of_what_is_stale_is_refused(kitae: Command, walked: Path) -> None:
    edit(walked, 'tokens = "1.2k"', 'tokens = "1k"')
    told(kitae("-C", walked, "compare"), what="stale", where=str(walked), do="kitae run")


ENDPOINT = """
[endpoints.api]
url = "https://llm.example/v1"
model = "model-2026-08-01"
may_receive = "public"
row = true
"""


def test_an_endpoint_that_may_not_receive_the_label_is_refused_before_anything_is_made(
    kitae: Command, walked: Path
) -> None:
    before = sealed(walked)
    add(walked, ENDPOINT)
    edit(walked, 'tokens = "1.2k"', 'tokens = "1k"')
    told(kitae("-C", walked, "run"), what="`api` may receive `public`", where="endpoints.api", do="nothing was sent")
    assert sealed(walked) == before


def test_a_place_that_may_not_hold_the_documents_is_refused_before_a_model_is_made(
    kitae: Command, tiny_project: Path
) -> None:
    add(tiny_project, '\n[[places]]\nname = "rented"\nmay_hold = "public"\n')
    told(kitae("-C", tiny_project, "run"), what="`rented` may hold `public`", where="[[places]]", do="source")
    assert not (tiny_project / "store" / "model").exists()


def test_a_place_that_is_not_declared_names_the_nearest_one(kitae: Command, tiny_project: Path) -> None:
    add(tiny_project, '\n[[places]]\nname = "office"\nmay_hold = "restricted"\n')
    ended = kitae("-C", tiny_project, "run", "--place", "offise")
    told(ended, what="`offise`", where="[[places]]", do="`office`")


def test_an_edited_artifact_is_named_and_nothing_is_made_of_it(kitae: Command, walked: Path) -> None:
    (file,) = walked.glob("store/corpus/main@*/corpus.jsonl")
    file.write_text(file.read_text(encoding="utf-8").replace("社員", "会員"), encoding="utf-8")
    before = sealed(walked)
    told(kitae("-C", walked, "run"), what="corpus.jsonl", where=str(file), do="delete")
    ended = kitae("-C", walked, "verify")
    assert ended.code == 2
    assert f"{file.parent.name}/corpus.jsonl" in ended.err
    assert sealed(walked) == before


def test_an_edited_record_is_named(kitae: Command, walked: Path) -> None:
    segment = next(walked.glob("records/answers/*.jsonl"))
    segment.write_text(segment.read_text(encoding="utf-8").replace('"seconds"', '"secondz"', 1), encoding="utf-8")
    ended = kitae("-C", walked, "verify")
    assert ended.code == 2
    assert f"{segment}:1" in ended.err


def test_init_does_not_write_over_a_project(kitae: Command, tiny_project: Path) -> None:
    before = (tiny_project / "kitae.toml").read_bytes()
    ended = kitae("init", tiny_project, "--documents", tiny_project / "documents")
    told(ended, what="a project already", where="kitae.toml", do="edit it")
    assert (tiny_project / "kitae.toml").read_bytes() == before


def test_init_wants_documents_that_can_be_read(kitae: Command, tmp_path: Path) -> None:
    told(kitae("init", tmp_path / "new", "--documents", tmp_path / "none"), what="not exist", where="none", do="name")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG")
    ended = kitae("init", tmp_path / "new", "--documents", tmp_path / "pictures")
    told(ended, what="no readable document", where="pictures", do=".md")
    assert not (tmp_path / "new").exists()


def test_pulling_from_where_nothing_was_pushed_is_a_mistake(kitae: Command, tiny_project: Path, tmp_path: Path) -> None:
    told(kitae("-C", tiny_project, "pull", tmp_path / "usb"), what="nothing was pushed", where="usb", do="kitae push")


def test_a_mistake_is_json_where_json_was_asked_for(kitae: Command, tiny_project: Path) -> None:
    edit(tiny_project, 'tokens = "1.2k"', 'tokenz = "1.2k"')
    ended = kitae("-C", tiny_project, "status", "--json")
    assert ended.code == 2
    printed = json.loads(ended.out)
    jsonschema.validate(printed, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert "tokenz" in printed["mistake"]["what"]


RAISE = """
import sys, types
from kitae.cli.main import main
from kitae.core.mistakes import Mistake, Refused

def status(folder, *, as_json):
    raise {error}

sys.modules["kitae.cli.status"] = command = types.ModuleType("status")
command.status = status
sys.argv = ["kitae", "status"]
main()
"""


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ('Mistake("what", where="here", hint="do this")', 2, "kitae: what\n  where: here\n  do:    do this\n"),
        ('Refused("the gain is not shown")', 3, "kitae: the gain is not shown\n"),
        ('OSError(28, "No space left on device")', 2, "the disk is full"),
        ('OSError(5, "Input/output error")', 1, "Input/output error"),
        ('RuntimeError("a bug")', 1, "RuntimeError: a bug"),
    ],
)
def test_only_what_nobody_can_mend_has_a_traceback(error: str, code: int, message: str) -> None:
    command = [sys.executable, "-c", RAISE.format(error=error)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == code
    assert message in result.stderr
    assert ("Traceback" in result.stderr) is (code == 1)
    assert result.stdout == ""


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom kitae.cli.main import main\nsys.argv = ['kitae', '--help']\n"
        "try: main()\nexcept SystemExit as ended: print(ended.code, *sys.modules, file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ended, *modules = result.stderr.split()
    assert "init" in result.stdout
    assert ended in ("0", "None")
    assert not {"torch", "transformers", "ctranslate2", "numpy", "pydantic", "httpx"} & set(modules)
