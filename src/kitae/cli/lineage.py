"""`kitae lineage`: what an artifact was made from."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.tree import Tree

from ..core.lineage import ancestors
from ..project import Project
from .outputs import LineageNode, LineageOutput
from .printing import emit


def lineage(folder: Path, written: str, *, as_json: bool) -> None:
    project = Project(folder)
    artifact = project.store.named(written)
    nodes = {
        each.id: LineageNode(
            id=each.id,
            stage=each.record.stage,
            inputs=tuple(i.id for i in each.record.inputs),
            files=len(each.record.files_read),
            label=str(each.label),
            groups=each.groups,
            licences=each.licences,
        )
        for each in ancestors(artifact, project.store)
    }

    def branch(tree: Tree, name: str, shown: set[str]) -> None:
        node = nodes.get(name)
        if node is None:
            tree.add(f"{name} (no longer in the store)")
            return
        again = name in shown and node.inputs
        files = f", {node.files} files" if node.files else ""
        limb = tree.add(f"{name} [{node.stage}{files}; {node.label}]".replace("[", r"\[") + (" …" if again else ""))
        if again:
            return
        shown.add(name)
        for each in dict.fromkeys(node.inputs):
            branch(limb, each, shown)

    def text(console: Console) -> None:
        tree = Tree(f"{artifact.id}: {artifact.label} ({artifact.label.japanese}), groups {', '.join(artifact.groups)}")
        for each in dict.fromkeys(nodes[artifact.id].inputs):
            branch(tree, each, set())
        console.print(tree)
        console.print(f"licences: {', '.join(artifact.licences) or 'none recorded'}")

    emit(LineageOutput(artifact=artifact.id, nodes=tuple(nodes.values())), as_json=as_json, text=text)
