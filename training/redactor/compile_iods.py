"""Compile which attribute an IOD lists where, with its Type, into services/redactor/attributes.

Source: the tables of PS3.3 that highdicom (MIT) ships. Equal sequence items are written once, so
22 MB become 0.2 MB. Run: `python -m training.redactor.compile_iods`.
"""

import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydicom.datadict import tag_for_keyword

OUT = Path("services/redactor/attributes/data/iods.txt")

CONTENT_SEQUENCE = tag_for_keyword("ContentSequence")

Tree = dict[int, tuple[str, "Tree"]]


def tree(attributes: list[dict[str, Any]]) -> Tree:
    """Attributes of a module as they nest. Those of repeating groups (60xx) have no tag, so go."""
    root: Tree = {}
    for attribute in attributes:
        tags = [tag_for_keyword(word) for word in (*attribute["path"], attribute["keyword"])]
        if None in tags:
            continue
        node = root
        for tag in tags[:-1]:
            node = node.setdefault(tag or 0, ("3", {}))[1]
        last = tags[-1] or 0
        kind = attribute["type"] if attribute["type"] != "None" else "3"
        node[last] = (kind, node.get(last, ("", {}))[1])
    return root


class Nodes:
    """Numbers equal items once."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}

    def number(self, node: Tree) -> int:
        """Number of an item's line; its own sequences come before it."""
        line = " ".join(self._entry(tag, *entry) for tag, entry in sorted(node.items()))
        return self.lines.setdefault(line, len(self.lines))

    def _entry(self, tag: int, kind: str, children: Tree) -> str:
        nested = ""
        if tag == CONTENT_SEQUENCE:
            nested = ">@"  # nests in itself: read as the module that it is in
        elif children:
            nested = f">{self.number(children)}"
        return f"{tag:08X}:{kind}{nested}"


def compiled() -> str:
    """Content of the data file: items, then modules, IODs and SOP classes that refer to them."""
    source = files("highdicom") / "_standard"
    modules, iods, classes = (
        json.loads((source / f"{name}.json").read_text())
        for name in ("module_attribute_map", "iod_module_map", "sop_class_iod_map")
    )
    nodes, module_lines = Nodes(), []
    for name, attributes in sorted(modules.items()):
        root = tree(attributes)
        if CONTENT_SEQUENCE in root:
            root |= root[CONTENT_SEQUENCE][1] | {CONTENT_SEQUENCE: root[CONTENT_SEQUENCE]}
        module_lines.append(f"module {name} {nodes.number(root)}")
    return "\n".join(
        [
            f"# PS3.3 as highdicom {version('highdicom')} (MIT licence) has it.",
            "# Made by training.redactor.compile_iods. item: tag:Type>item of the sequence",
            *(f"item {number} {line}" for line, number in nodes.lines.items()),
            *module_lines,
            *(f"iod {k} {' '.join(m['key'] for m in v)}" for k, v in sorted(iods.items())),
            *(f"class {uid} {iod}" for uid, iod in sorted(classes.items())),
            "",
        ]
    )


if __name__ == "__main__":
    OUT.write_text(compiled())
