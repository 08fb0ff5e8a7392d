"""A model while it is trained: fast forms of its layers, and float32 weights for the optimiser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from ..core.files import disk_full_is_a_mistake
from ..core.mistakes import Mistake
from ..core.quiet import hush
from ..engine.local import load
from ..engine.open import ADAPTER
from .adapter import save_adapters
from .backends import EXAMPLES, Row, backend, registered
from .batch import Batch
from .example import Example
from .frozen import frozen, nothing_left
from .lora import adapters, add_adapters
from .loss import log_probabilities, summed_cross_entropy
from .norms import speed_up_norms
from .precision import wide
from .quantised import check_quantising, quantise
from .ranks import ALONE, Alone, Several, part, whole
from .recipe import PLAIN, Computing, Course
from .spread import layers_of, recompute, settle, spread

AGREEMENT: Final = 1e-3
"""Relative difference between our loss and the model's own, in float32; rounding makes less than a hundredth of it."""

COARSE: Final = 0.02
"""The same where what is trained computes in 16 bits, which keep two or three digits of a sum of many numbers."""

LEAK: Final = 1e-6
"""Relative difference that an example's neighbour may make to its loss, in float32. It should make none."""

PROBE_TOKENS: Final = 41
"""Length of the examples that a model is checked with before it is trained."""

PROBE_SHARED: Final = 20
"""How many tokens two of them begin with alike."""

WEIGHTS: Final = (".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".gguf")


class Trainee:
    """A causal language model that is being trained.

    The model computes in `number_format`; what the optimiser changes is float32 (float64 where all is). With LoRA
    those are the adapters, with QLoRA the same beside weights of 4 bits. With full training in bfloat16 each weight has
    a float32 master, which its gradients are added up in. On several ranks the weights are spread over them: see
    `spread`.

    Dropout is off, so nothing in a step draws random numbers.

    Raises:
        Mistake: packed examples would not be kept apart in this architecture, or its loss is not what we compute.
    """

    def __init__(
        self,
        folder: Path,
        course: Course,
        *,
        number_format: str,
        device: str = "cpu",
        ranks: Alone = ALONE,
        computing: Computing = PLAIN,
    ) -> None:
        hush()
        self.folder = folder
        self.ranks = ranks
        self._course = course
        self.number_format = number_format
        self.device = torch.device(device)
        attention = backend(device, number_format, computing.attention)
        if course.method == "qlora":
            check_quantising(device, ranks.count)
        self._model = load(folder, wide(getattr(torch, number_format))).eval()
        probe = _probe(self._model.config.get_text_config().vocab_size)
        expected = sum(_own_loss(self._model, each) for each in probe)
        self._model.set_attn_implementation(registered(EXAMPLES))
        speed_up_norms(self._model)
        self._choose(course)
        self._whole = _Whole(self._model)
        layers = layers_of(self._model)
        if computing.recompute:
            recompute(layers)
        self._check(expected, probe)
        narrow = getattr(torch, number_format) if number_format not in ("float32", "float64") else None
        if narrow and (course.adapts or not isinstance(ranks, Several)):
            _narrow(narrow, [each for each in self._model.parameters() if not each.requires_grad])
        if course.method == "qlora":
            quantise(self._model, self.device, narrow or wide(getattr(torch, number_format)))
        if isinstance(ranks, Several):
            spread(self._whole, layers, ranks.mesh(computing.shard), narrow if course.method == "full" else None)
        self._model.to(self.device)
        self.trained: dict[str, Tensor] = {
            name: each for name, each in self._model.named_parameters() if each.requires_grad
        }
        """What the optimiser changes, by name, in float32; of several ranks each has a part of it."""
        self._mastered: list[tuple[Tensor, Tensor]] = []
        if narrow and course.method == "full" and not isinstance(ranks, Several):
            self.trained = self._as_masters(narrow)
        if attention != EXAMPLES:
            expected = self._sum(probe)
            self._model.set_attn_implementation(registered(attention))
            self._check(expected, probe, COARSE if narrow else AGREEMENT)

    def loss(self, batch: Batch) -> Tensor:
        """The loss summed over the targets of a row; logits are computed for those alone."""
        loss: Tensor = self._whole(batch, summed_cross_entropy)
        return loss

    def log_probabilities(self, batch: Batch) -> list[Tensor]:
        """Of each example of a row, the log-probabilities of its targets."""
        found: Tensor = self._whole(batch, log_probabilities)
        return list(torch.split(found, list(batch.learnt)))

    @torch.no_grad()
    def refresh(self) -> None:
        """Brings what computes in line with what is trained; call it after each step of the optimiser."""
        for weight, master in self._mastered:
            weight.copy_(master)
        settle(self._whole)

    @torch.no_grad()
    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Puts these in place of what is trained; each is whole, or spread as it is."""
        for name, weight in self.trained.items():
            weight.copy_(weights[name])
        self.refresh()

    def reset(self) -> None:
        """Back to before the first step."""
        # Adapters begin alike whatever they stand beside, and on a CPU, where nothing is held in 4 bits.
        course = self._course.model_copy(update={"method": "lora"}) if self._course.adapts else self._course
        fresh = Trainee(self.folder, course, number_format=self.number_format)
        self.load({name: part(fresh.trained[name].detach(), weight) for name, weight in self.trained.items()})

    def save(self, folder: Path) -> None:
        """Writes the trained model as a plain Hugging Face folder: float32 weights, adapters merged and also beside.

        Tokenizer, licence and all other files of the base are not its business. All ranks have to call it; the first
        one writes.
        """
        adapted = dict(adapters(self._model))
        trained = {} if adapted else {name: whole(each.detach()).cpu() for name, each in self.trained.items()}
        if self.ranks.rank:
            return
        plain = load(self.folder, torch.float32)
        weights = plain.state_dict()
        with torch.no_grad():
            for name, adapter in adapted.items():
                weights[name] += adapter.change()
            for name, weight in trained.items():
                weights[name].copy_(weight)
        with disk_full_is_a_mistake(folder):
            plain.save_pretrained(folder)
            if adapted:
                save_adapters(adapted, folder / ADAPTER)
            for file in folder.glob("*.safetensors"):
                file.chmod(0o644)  # safetensors makes it private, which a shared store is not

    def _choose(self, course: Course) -> None:
        """Which weights are trained: all, or adapters beside them; never what the course freezes."""
        names = [name for name, _ in self._model.named_parameters()]
        still = frozen(course, names)
        if course.adapts:
            head = self._model.get_output_embeddings()
            add_adapters(self._model, rank=course.rank, alpha=course.alpha, seed=course.seed, skip=head, frozen=still)
        else:
            for name in still:
                self._model.get_parameter(name).requires_grad_(False)
        if not any(each.requires_grad for each in self._model.parameters()):
            raise nothing_left(course, names)

    def _as_masters(self, narrow: torch.dtype) -> dict[str, Tensor]:
        """Float32 forms of the weights, which themselves become narrow."""
        masters = {name: each.detach().clone().requires_grad_() for name, each in self.trained.items()}
        _narrow(narrow, list(self.trained.values()))
        for name, weight in self.trained.items():
            weight.register_post_accumulate_grad_hook(_adding_up_in(masters[name]))  # type: ignore[no-untyped-call]
            self._mastered.append((weight, masters[name]))
        return masters

    @torch.no_grad()
    def _check(self, expected: float, probe: list[Example], agreement: float = AGREEMENT) -> None:
        """Holds the model in its training form against what it was, and an example against its neighbours."""
        first, *rest = probe
        other = replace(first, tokens=first.tokens[::-1].copy())
        silent = [replace(each, learnt=np.zeros_like(each.learnt)) for each in (first, other)]
        found = self._sum(probe)
        beside = [self._sum([each, *rest]) for each in silent]
        if abs(found - expected) <= agreement * abs(expected) and abs(beside[0] - beside[1]) <= LEAK * abs(beside[0]):
            return
        raise Mistake(
            f"this architecture cannot be trained on packed examples: some have the loss {expected:.7g} by themselves "
            f"and {found:.7g} in one row; some have {beside[0]:.7g} beside one and {beside[1]:.7g} beside another",
            where=str(self.folder),
            hint="kitae trains models whose attention goes through transformers' AttentionInterface",
        )

    @torch.no_grad()
    def _sum(self, examples: list[Example]) -> float:
        return float(self.loss(Batch.of(examples, next(self._model.parameters()).device)))


class _Whole(nn.Module):
    """Model and loss as one module: what spreads weights over ranks gathers those of both at its call."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.softcap: float | None = getattr(model.config, "final_logit_softcapping", None)

    def forward(self, batch: Batch, of: Callable[..., Tensor]) -> Tensor:
        """
        Args:
            of: Told the hidden states (targets, width) that the output layer is given, its weight and the targets.
        """
        # `stretches` is for attention example by example, `row` for the other backends.
        confined = {"stretches": batch.stretches, "row": Row(batch.stretches, batch.ids.device)}
        found = self.model.base_model(input_ids=batch.ids, position_ids=batch.positions, use_cache=False, **confined)
        hidden = found.last_hidden_state[0, batch.where]
        return of(hidden, self.model.get_output_embeddings().weight, batch.targets, softcap=self.softcap)


def _narrow(number_format: torch.dtype, weights: Sequence[Tensor]) -> None:
    """Casts weights alone: rotations and other tables that are no weights stay in float32, as when others load it."""
    for weight in weights:
        weight.data = weight.data.to(number_format)


def _adding_up_in(master: Tensor) -> Callable[[Tensor], None]:
    """A hook that moves a weight's gradient into its master, so that sums over rows are in float32."""

    def move(weight: Tensor) -> None:
        assert weight.grad is not None
        gradient = weight.grad.float()
        master.grad = gradient if master.grad is None else master.grad.add_(gradient)
        weight.grad = None

    return move


def _probe(vocabulary: int) -> list[Example]:
    """Three examples of tokens from all over the vocabulary; the last two begin alike, where nothing is learnt."""
    place = np.arange(PROBE_TOKENS)
    starts = (np.zeros_like(place), np.full_like(place, 7), np.where(place < PROBE_SHARED, 7, 11))
    learnt = place > PROBE_SHARED + 2
    return [
        Example(f"probe {number}", ((place + 1) * 7919 * (start + 1) % vocabulary).astype(np.int32), learnt)
        for number, start in enumerate(starts)
    ]


@torch.no_grad()
def _own_loss(model: Any, example: Example) -> float:
    """What the model itself says about one example: its own attention, norms and logits."""
    ids = torch.from_numpy(example.tokens).long()[None]
    logits = model(input_ids=ids, use_cache=False).logits[0, :-1]
    logits = logits.to(wide(logits.dtype))
    targets = torch.where(torch.from_numpy(example.learnt[1:]), ids[0, 1:], -100)
    return float(nn.functional.cross_entropy(logits, targets, reduction="sum"))


def copy_companions(base: Path, names: list[str], target: Path) -> None:
    """Copies what a model folder holds beside weights and settings: tokenizer, template, licence."""
    for name in names:
        if name.endswith((*WEIGHTS, ".jsonl")) or name in ("config.json", "generation_config.json"):
            continue
        if name.startswith(f"{ADAPTER}/"):  # of the course before
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        with disk_full_is_a_mistake(target):
            shutil.copyfile(base / name, target / name)
