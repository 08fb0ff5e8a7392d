"""What FastChat itself sends to a judge: its own `gen_judgment.py`, run in an environment that has fschat.

    PYTHON fastchat_requests.py FOLDER MODE

FOLDER is laid out as FastChat wants it (`data/mt_bench/…`, `data/judge_prompts.jsonl`). Every call of the OpenAI client
is printed as a line of JSON instead of being made. Libraries that fschat imports and judging never calls (torch,
transformers …) are stood in for, so the environment needs nothing but fschat, numpy and tqdm.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import runpy
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

ABSENT = ("torch", "transformers", "accelerate", "peft", "psutil", "huggingface_hub", "openai", "anthropic", "requests")
printed = sys.stdout


class Stand(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers for modules that are not installed; whatever is taken from them is a mock."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] in ABSENT:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        kind: Any = type("Module", (ModuleType,), {"__getattr__": lambda self, name: _mock(name)})
        module: ModuleType = kind(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: ModuleType) -> None:
        pass


class _Anything(type):
    """Of what is taken from an absent module: more can be taken from it, and it may be derived from and caught."""

    def __getattr__(cls, name: str) -> Any:
        return _mock(name)


def _mock(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    # Calling an instance gives back what it is called with, as a decorator may.
    return _Anything(name, (Exception,), {"__call__": lambda self, each: each})


def create(**sent: Any) -> dict[str, Any]:
    """Stands in for `openai.ChatCompletion.create`."""
    printed.write(json.dumps(sent, ensure_ascii=False) + "\n")
    return {"choices": [{"message": {"content": "[[5]] [[C]]"}}]}


def main(folder: str, mode: str, models: Sequence[str]) -> None:
    sys.meta_path.insert(0, Stand())
    client: Any = importlib.import_module("openai")
    client.ChatCompletion = type("ChatCompletion", (), {"create": staticmethod(create)})
    os.chdir(folder)
    builtins.input = lambda *_: ""  # FastChat waits for Enter
    sys.stdout = sys.stderr
    sys.argv = ["gen_judgment", "--mode", mode, "--judge-model", "gpt-4", "--model-list", *models]
    runpy.run_module("fastchat.llm_judge.gen_judgment", run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
