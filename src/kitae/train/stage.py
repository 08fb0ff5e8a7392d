"""model + corpus → model (continued pretraining); model + dialogues → model (tuning)."""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.artifact import Artifact
from ..core.files import write_atomically
from ..core.mistakes import Mistake, Refused
from ..core.run import Meter, Run
from ..core.stage import Stage
from .recipe import PLAIN, Computing, Course, PreferRecipe, PretrainRecipe, TuneRecipe

if TYPE_CHECKING:
    from ..engine.chat import Renderer
    from .along import Trained, Work
    from .data import Data
    from .fit import Fitted
    from .guard import Allowance
    from .ranks import Alone

INHERITED = ("base", "licence", "parameters", "vocabulary")
"""Facts of the model that training does not change."""

CPU_FLAGS = Path("/proc/cpuinfo")


def pretrain(
    recipe: PretrainRecipe,
    model: Artifact,
    corpus: Artifact,
    general: Artifact,
    run: Run,
    allowed: Allowance | None = None,
    computing: Computing = PLAIN,
) -> Artifact:
    """Continued pretraining on `corpus.jsonl` (rows with `id` and `text`); every token is learnt.

    Args:
        general: General text, some of which is learnt too (`replay`) and some measured.
        allowed: When to stop with a checkpoint; the same for the other courses.
        computing: How it is computed; likewise.

    Raises:
        Stopped: it was used up, or the machine asked to stop.
        Mistake: nothing to train on, an architecture that cannot be packed, or a loss that is not a number.
    """
    from .data import texts

    if not recipe.tokens:
        raise Mistake("continued pretraining on 0 tokens", where="[train.pretrain]", hint="name the tokens: `20k`")
    _train(recipe, model, texts(recipe, model, corpus, general, run.memo), run, allowed, computing)
    return run.seal()


def tune(
    recipe: TuneRecipe,
    model: Artifact,
    dialogues: Sequence[Artifact],
    run: Run,
    allowed: Allowance | None = None,
    computing: Computing = PLAIN,
    general: Artifact | None = None,
) -> Artifact:
    """Tuning on the rows `dialogues`; what the assistant says is learnt. The result stops at the end of its turn.

    Args:
        general: General text, measured beside what is held out: what is forgotten. No part of what the model is,
            since none of it is learnt.

    Raises:
        Mistake: a dialogue without a token to learn, none that is short enough, an architecture that cannot be
            packed, or a loss that is not a number.
    """
    from ..engine.chat import chat_template
    from .data import dialogues as as_data

    data = as_data(recipe, model, dialogues, run.memo, general=general)
    if recipe.tokens is not None and recipe.share < 1:
        recipe = recipe.model_copy(update={"tokens": max(1, round(recipe.tokens * recipe.share))})
    _train(recipe, model, data, run, allowed, computing)
    write_atomically(run.path("chat_template.jinja"), [chat_template(data.renderer).encode()])
    _stop_at(run.path("generation_config.json"), data.renderer)
    return run.seal()


def prefer(
    recipe: PreferRecipe,
    model: Artifact,
    pairs: Artifact,
    run: Run,
    allowed: Allowance | None = None,
    computing: Computing = PLAIN,
    general: Artifact | None = None,
) -> Artifact:
    """Learning which answers are better, from the rows `pairs` and `held_out`.

    Args:
        general: As for `tune`.

    Raises:
        Mistake: no pair is short enough, an architecture that cannot be packed, or a loss that is not a number.
    """
    from .data import pairs as as_data

    _train(recipe, model, as_data(recipe, model, pairs, run.memo, general=general), run, allowed, computing)
    return run.seal()


def _train(
    recipe: Course,
    model: Artifact,
    data: Data,
    run: Run,
    allowed: Allowance | None,
    computing: Computing,
) -> None:
    """Trains and writes the model's folder, `curve.jsonl` and the facts. Other ranks train along: see `follow`."""
    from ..core.quiet import hush

    hush()
    from .along import Work
    from .ranks import present
    from .trainee import copy_companions

    begun, ranks, where = time.time(), present(), place()
    if data.too_long:
        run.say(f"{len(data.too_long)} examples are longer than {recipe.sequence} tokens and were left out")
    _check_place(recipe, model, allowed, computing, where)
    if allowed is not None and planned_tokens(recipe, data) >= allowed.check_from:
        _check(recipe, model, data, run, where, computing)
    work = Work(
        recipe=recipe,
        model=model.folder,
        examples=data.examples,
        held_out=data.held_out,
        general=data.general,
        where=where,
        folder=run.folder,
        scratch=run.work,
        allowed=allowed,
        computing=computing,
        begun=begun,
    )
    ranks.told(work)
    meter = _meter(recipe, model.folder, data, allowed, ranks.count if where["device"] == "cuda" else 0)
    trained = _watched(work, ranks, run, meter)
    copy_companions(model.folder, list(model.record.files), run.folder)
    run.write("curve", trained.fitted.curve)
    inherited = {name: model.facts[name] for name in INHERITED if name in model.facts}
    run.facts(**inherited, **where, **_facts(recipe, data, trained), processes=ranks.count)
    _measure(run, trained.fitted, meter)


def _check_place(
    recipe: Course, model: Artifact, allowed: Allowance | None, computing: Computing, where: dict[str, str]
) -> None:
    """
    Raises:
        Mistake: this machine cannot train it; said before anything is loaded.
    """
    from .board import check_board
    from .memory import check_memory, demand
    from .optimiser import check_optimiser
    from .ranks import present

    ranks = present()
    if allowed and allowed.board:
        check_board()
    check_optimiser(recipe, where["device"], ranks.count)
    check_memory(demand(recipe, model.folder, computing, ranks, **where))


def _watched(work: Work, ranks: Alone, run: Run, meter: Meter) -> Trained:
    """Trains, and tells whoever looks on how it goes."""
    from .along import train_along
    from .board import board

    shown = work.allowed.board / run.folder.name if work.allowed and work.allowed.board else None
    with board(shown) as seen:
        return train_along(
            work,
            ranks,
            progress=lambda tokens: run.progress("training", tokens, "tokens", meter),
            say=run.say,
            seen=seen,
        )


def _facts(recipe: Course, data: Data, trained: Trained) -> dict[str, Any]:
    """What a model's record says of the course that made it."""
    fitted = trained.fitted
    first, last, kept, order = fitted.curve[0], fitted.curve[-1], fitted.curve[fitted.kept], fitted.order
    return {
        "method": recipe.method,
        "trained_tokens": last.tokens,
        "targets": sum(row.targets for row in fitted.curve),
        "steps": last.step,
        "epochs": round(order.total / len(order.rows), 3),
        "examples": len(data.examples),
        "too_long": data.too_long,
        "rows": len(order.rows),
        "trainable_parameters": trained.parameters,
        "final_loss": last.loss,
        "held_out_examples": f"{len(trained.measured)} of {len(data.held_out)}",
        "held_out_loss_before": first.held_out_loss,
        "held_out_loss_after": kept.held_out_loss,
        "general_loss_before": first.general_loss,
        "general_loss_after": kept.general_loss,
        "kept_step": fitted.kept,
        "skipped": fitted.skipped,
    }


def _measure(run: Run, fitted: Fitted, meter: Meter) -> None:
    """How fast it was, where all of it had not been done before; and what the GPUs used, where they say it."""
    if fitted.joules is not None:
        run.measure(energy_kwh=fitted.joules / 3.6e6)
    if not fitted.tokens:
        return
    speed = fitted.tokens / fitted.seconds
    run.measure(training_seconds=round(fitted.seconds, 3), tokens_per_second=round(speed))
    if meter.peak:
        run.measure(mfu=round(speed * meter.operations / meter.peak, 3))


def _meter(recipe: Course, folder: Path, data: Data, allowed: Allowance | None, cards: int) -> Meter:
    """What is told while it runs. Utilisation is told of cards whose peak is known, and of nothing else."""
    from .flops import per_token, seen
    from .memory import shape_of

    if allowed is None:
        return Meter()
    meter = Meter(yen_per_hour=allowed.yen_per_hour, peak=allowed.peak * cards)
    if not meter.peak:
        return meter
    learnt, length = seen(data.examples)
    return replace(meter, operations=per_token(recipe, shape_of(folder), learnt=learnt, length=length))


def planned_tokens(recipe: Course, data: Data) -> int:
    """Tokens that the whole course computes; only where the recipe does not say it are examples packed for that."""
    from .fit import plan
    from .objective import together

    return recipe.tokens if recipe.tokens is not None else plan(data.examples, recipe, together(recipe)).computed


def _check(recipe: Course, model: Artifact, data: Data, run: Run, where: dict[str, str], computing: Computing) -> None:
    """A long course is checked before it is paid for. The figures are said, and kept with what is measured.

    Raises:
        Refused: a check failed.
    """
    from .preflight import preflight

    found = preflight(recipe, model.folder, data, place=where, computing=computing, scratch=run.work)
    for line in found.lines():
        run.say(line)
    run.measure(**{f"preflight: {check.name}": check.figure for check in found.checks})
    failed = [check for check in found.checks if not check.passed]
    if failed:
        raise Refused(
            f"{len(failed)} checks of this course failed: "
            + "; ".join(f"{check.name}, {check.figure}" for check in failed),
            where=model.id,
            hint="`kitae train --preflight` shows all of them; do not train before it is known why",
        )
    timed = found.probe
    speed = f"{timed.tokens_per_second:,.0f} tokens a second" if timed else "several processes train, nothing was timed"
    run.say(f"{len(found.checks)} checks passed; {speed}")


def _stop_at(file: Path, renderer: Renderer) -> None:
    """Has other programs stop where the tuned model ends its turn."""
    settings: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    settings["eos_token_id"] = list(renderer.stop_ids)
    write_atomically(file, [json.dumps(settings, indent=2, sort_keys=True).encode() + b"\n"])


@functools.cache
def place() -> dict[str, str]:
    """What training computes with on this machine: part of what a trained model is.

    bfloat16 where the processor multiplies it faster than float32 (twice as fast, docs/log.md), else float32.
    Without a GPU torch is not imported, so that looking at a project stays quick. The path over a GPU is written, but
    has not run on one yet.
    """
    if sys.platform == "win32" or any(Path("/dev").glob("nvidia[0-9]*")):
        import torch

        if torch.cuda.is_available():
            return {"device": "cuda", "number_format": "bfloat16" if torch.cuda.is_bf16_supported() else "float32"}
    return {"device": "cpu", "number_format": "bfloat16" if _fast_bfloat16() else "float32"}


def from_a_gpu(made: Mapping[str, str], here: Mapping[str, str]) -> bool:
    """Whether a machine takes what another one trained: one without a GPU takes what one with a GPU did.

    The other way round it would keep people from training again on something better.
    """
    return here["device"] == "cpu" != made["device"]


def _fast_bfloat16() -> bool:
    """Whether Linux says that the processor has instructions for it. Elsewhere it is not known, and float32 is safe."""
    flags = CPU_FLAGS.read_text(encoding="utf-8", errors="replace").split() if CPU_FLAGS.is_file() else []
    return "avx512_bf16" in flags or "amx_bf16" in flags


_PACKAGES = ("torch", "transformers", "tokenizers")


def _stage(function: Callable[..., Artifact], format: int) -> Stage:
    return Stage(
        name=function.__name__,
        kind="model",
        function=function,
        format=format,
        packages=_PACKAGES,
        exact=False,
        place=place,
        takes=from_a_gpu,
    )


PRETRAIN = _stage(pretrain, 3)
TUNE = _stage(tune, 3)
PREFER = _stage(prefer, 1)
