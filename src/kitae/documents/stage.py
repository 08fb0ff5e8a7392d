"""Files → documents; documents + suites → what may be trained on."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..core.artifact import Artifact
from ..core.document import Document
from ..core.files import file_digest
from ..core.label import highest, shared
from ..core.mistakes import Mistake
from ..core.run import Run
from ..core.stage import Stage
from ..core.suite import Suite
from .files import Found, found_in
from .recipe import ReadRecipe, Source, SplitRecipe

NOT_READ = "not read"
"""Stands for the digest of a file that is only listed."""


def inputs(recipe: ReadRecipe, folder: Path) -> list[tuple[str, str]]:
    """Id and SHA-256 of every file that `read` looks at: part of the fingerprint.

    Raises:
        Mistake: a source's folder is missing or holds nothing to read.
    """
    return [
        (found.id, NOT_READ if found.skipped else file_digest(found.path))
        for source in recipe.sources
        for found in found_in(source, folder)
    ]


def read(recipe: ReadRecipe, folder: Path, run: Run) -> Artifact:
    """Reads the Markdown, text and HTML files of all sources.

    Rows: `documents` (`Document`); `ledger`: every file, read or skipped and why, and what was left out of it.

    Args:
        folder: The project's folder, which the paths of the sources are below.

    Raises:
        Mistake: a folder is missing or empty; a file is empty, binary, or in an encoding that is not recognised.
    """
    files = [(source, found) for source in recipe.sources for found in found_in(source, folder)]
    _say_idle_globs(recipe, files, run)
    ledger: list[dict[str, Any]] = []
    count = run.write("documents", _documents(files, ledger, run))
    run.write("ledger", ledger)
    read_rows = [row for row in ledger if row["outcome"] == "read"]
    run.facts(
        documents=count,
        skipped=len(ledger) - count,
        sections=sum(row["sections"] for row in read_rows),
        characters=sum(row["characters"] for row in read_rows),
        sources=[source.name for source in recipe.sources],
    )
    run.label(
        highest(source.label for source in recipe.sources),
        shared(source.groups for source in recipe.sources),
        {source.licence for source in recipe.sources},
    )
    # The ledger is no part of the content: a picture that comes into a folder must not make a model stale.
    return run.seal(derived=["ledger.jsonl"])


def split(recipe: SplitRecipe, documents: Artifact, suites: Sequence[Artifact], run: Run) -> Artifact:
    """Keeps out of training what the model's users may not read, what the unseen suites ask about, and copies of that.

    Rows: `documents`: what may be trained on; `held_out`: which sections are not, and why; `ledger`: quotes that were
    not found, documents of which nothing is left. Sections keep their ids. Without any suite a share of the sections
    is kept out, so that one can be drafted.

    Raises:
        Mistake: too many of a suite's quotes stand in no document; or nothing would be left to train on.
    """
    from .split import Pages, beyond_reach, drawn, held_for, near_copies, same_documents, with_sections

    pages = Pages(list(documents.rows("documents", Document)))
    asked = [next(artifact.rows("suite", Suite)) for artifact in suites]
    unseen = [suite for suite in asked if suite.kind == "unseen"]
    held, quotes = held_for(unseen, pages)
    missing = [quote for quote in quotes if quote.why_not]
    for suite in unseen:
        _check_found(suite, [q.evidence.file for q in missing if q.suite == suite.name], recipe, run)
    if not asked:
        held = drawn(pages, recipe.held_out)
    if recipe.unit == "document":
        held += same_documents(held, pages)
    held += near_copies(held, pages, recipe.near_copy)
    closed = {each.section: each for each in beyond_reach(pages, recipe.label, recipe.groups)}
    held = [*closed.values(), *(each for each in held if each.section not in closed)]
    out = {each.section for each in held}
    kept = [with_sections(document, pages.sections.keys() - out) for document in pages.documents]
    trainable = [document for document in kept if document is not None]
    if not trainable:
        raise Mistake(
            "nothing is left to train on: every document is evidence of a suite, a copy of such, or beyond reach",
            where=", ".join(sorted({each.reason for each in held})),
            hint="add documents that no question asks about, or look at `label` and `groups` in [split]",
        )
    run.write("documents", trainable)
    run.write("held_out", [{"section": each.section, "reason": each.reason, "why": each.why} for each in held])
    gone = [document.id for document, rest in zip(pages.documents, kept, strict=True) if rest is None]
    run.write(
        "ledger",
        [
            *({"outcome": "dropped", "document": name, "why": "every section of it is held out"} for name in gone),
            *(
                {
                    "outcome": "not found",
                    "suite": quote.suite,
                    "question": quote.question,
                    "file": quote.evidence.file,
                    "quote": quote.evidence.quote,
                    "why": quote.why_not,
                }
                for quote in missing
            ),
        ],
    )
    reasons = [each.reason for each in held]
    before = sum(len(document.text) for document in pages.documents)
    run.facts(
        suites=[suite.name for suite in unseen],
        quotes=len(quotes),
        quotes_not_found=len(missing),
        documents=len(pages.documents),
        documents_left=len(trainable),
        sections=len(pages.sections),
        held_out=len(held),
        held_out_by={reason: reasons.count(reason) for reason in sorted(set(reasons))},
        characters=before,
        characters_left=sum(len(document.text) for document in trainable),
    )
    run.label(
        highest(document.label for document in trainable),
        shared(document.groups for document in trainable),
        {document.licence for document in trainable},
    )
    # Why a section is held out changes nothing for what is made from the rest.
    return run.seal(derived=["held_out.jsonl", "ledger.jsonl"])


def _documents(files: Sequence[tuple[Source, Found]], ledger: list[dict[str, Any]], run: Run) -> Iterator[Document]:
    """Documents one by one; at the end one message about all files that cannot be read."""
    # Only here, so that whoever looks at a recipe need not load an HTML parser.
    from .reader import Unreadable, digest_of, document, memo_key, mistake, read_bytes

    problems: list[tuple[Found, Source, str]] = []
    advance = run.progress("reading", len(files), "files")
    for source, found in files:
        advance(1)
        if found.skipped:
            ledger.append({"file": found.id, "outcome": "skipped", "why": found.skipped})
            continue
        try:
            data = found.path.read_bytes()
            sha256 = digest_of(data)
            make = functools.partial(read_bytes, data, name=found.stem, kind=found.format)
            result = run.memo.get(memo_key(found, sha256), make)
        except Unreadable as error:
            problems.append((found, source, str(error)))
            continue
        except OSError as error:
            problems.append((found, source, f"not readable: {error.strerror}"))
            continue
        made = document(found, source, sha256, result)
        ledger.append(
            {
                "file": found.id,
                "outcome": "read",
                "why": "",
                "format": found.format,
                "encoding": result["encoding"],
                "characters": len(made.text),
                "sections": len(made.sections),
                "left_out": result["removed"],
            }
        )
        yield made
    if problems:
        raise mistake(problems)


def _say_idle_globs(recipe: ReadRecipe, files: Sequence[tuple[Source, Found]], run: Run) -> None:
    for source in recipe.sources:
        reasons = {found.skipped for of, found in files if of.name == source.name}
        for glob in source.exclude:
            if f"excluded by `{glob}`" not in reasons:
                run.say(f"source `{source.name}`: `{glob}` in `exclude` matches no file, or none that is left to it")


def _check_found(suite: Suite, missing: Sequence[str], recipe: SplitRecipe, run: Run) -> None:
    quotes = sum(len(question.evidence) for question in suite.questions)
    without = [question.id for question in suite.questions if question.answerable and not question.evidence]
    if without:
        run.say(
            f"suite `{suite.name}`: {len(without)} answerable questions name no evidence, so nothing is held out for "
            f"them (the first is {without[0]})"
        )
    if not missing:
        return
    told = f"{len(missing)} of {quotes} quotes of the suite `{suite.name}` stand in no document"
    if len(missing) > recipe.not_found * quotes:
        raise Mistake(
            told,
            where=f"evidence in {', '.join(dict.fromkeys(missing))}",
            hint="correct `file` and `quote` in the suite, or add the documents: training might see what it asks about",
        )
    run.say(f"{told}; nothing is held out for them (`ledger` of the split names them)")


READ = Stage(name="documents", kind="documents", function=read, format=1, packages=("selectolax",))
SPLIT = Stage(name="split", kind="documents", function=split, format=2)
