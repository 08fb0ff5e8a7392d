"""How many characters a token stands for: `python benchmarks/vocabulary.py PROJECT FOLDER…`.

For each folder of documents: the vocabulary of the project's base, trimmed for these documents, and with new tokens for
what they say often, all measured on a tenth of their lines, on which no new token was chosen.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from kitae.adopt.stage import ADOPT
from kitae.adopt.table import BASE, NOW, advice, measured
from kitae.adopt.vocabulary import trim
from kitae.adopt.weights import token_rows
from kitae.core.making import Making
from kitae.core.records import Records
from kitae.core.store import Store
from kitae.documents.recipe import ReadRecipe, Source
from kitae.documents.stage import READ, inputs
from kitae.project import Project


def texts_of(folder: Path, scratch: Path) -> list[str]:
    """What kitae reads of a folder."""
    making = Making(Store(scratch / "store"), Records(scratch / "records"))
    recipe = ReadRecipe(sources=(Source(name=folder.name, path=folder.name),))
    files = inputs(recipe, folder.parent)
    read = making(READ, "all", recipe, files=files, given=lambda: {"folder": folder.parent})
    return [str(row["text"]) for row in read.raw("documents")]


def main() -> None:
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path, help="whose base it is")
    parser.add_argument("folders", type=Path, nargs="+")
    given = parser.parse_args()
    base = Project(given.project).store.named("model/base")
    assert base.record.stage == ADOPT.name
    for folder in given.folders:
        with tempfile.TemporaryDirectory() as scratch:
            texts = texts_of(folder.resolve(), Path(scratch))
        began = time.process_time()
        kept = trim(base.folder, texts, language="ja", general=8000, available=token_rows(base.folder))
        counts = {BASE: base.facts["vocabulary"], NOW: len(kept.rows)}
        rows = measured(base.path("tokenizer.json"), kept.tokenizer, counts, texts)
        print(f"\n{folder.name}: {sum(map(len, texts)):,} characters, {time.process_time() - began:.1f} s of CPU")
        for row in rows:
            print(f"  {row.vocabulary:<11} {row.rows:>8,} rows {row.tokens:>9,} tokens {row.characters_per_token:6.3f}")
        print(f"  {advice(rows)}")


if __name__ == "__main__":
    main()
