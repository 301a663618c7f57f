"""Measures the redactor and writes `docs/evaluation/redactor.md`.

    make eval-redactor                      # DEID=... for another folder of the data
    python -m evaluation.redactor --data DEID --quick --out /tmp/page.md

Generators draw anew from the seeds; nobody tunes on the seeds of the page. Comparators run at their
defaults in an environment of their own, in the same run, on the same files.
"""

import argparse
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2

from evaluation.redactor import page_headers, page_pixels, page_risk, page_texts
from evaluation.redactor.headers import DCIODVFY
from evaluation.redactor.ours import Whole
from evaluation.redactor.run import FULL, QUICK, Run

ROOT = Path(__file__).parents[2]
SEEDS = (88101, 88102)
"""Of the page; development takes others."""
QUICK_SEEDS = (7,)
SIZES = {
    "reports": "reports that are made",
    "images": "images that are made",
    "objects": "objects that are planted in",
    "whole": "objects through the whole service",
}
NEEDED = ("tables/ps315_e1_1_innolitics.json", "text/radreports_shared.jsonl")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the evaluation; 1 when data is missing."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    missing = [name for name in NEEDED if not (options.data / name).exists()]
    if missing:
        print(f"{options.data} lacks {', '.join(missing)}", file=sys.stderr)
        return 1
    cv2.setNumThreads(1)
    size = dict(QUICK if options.quick else FULL)
    size |= {name: value for name in size if (value := getattr(options, name)) is not None}
    seeds = options.seeds or (QUICK_SEEDS if options.quick else SEEDS)
    run = Run(options.data, None if options.quick else options.python, tuple(seeds), **size)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w", encoding="utf-8") as out:
        for line in page(run, f"python -m evaluation.redactor {shlex.join(_shown(given))}".strip()):
            print(line, file=out, flush=True)  # a run takes long: what is known can be read
    print(f"wrote {options.out}")
    return 0


def page(run: Run, command: str) -> Iterator[str]:
    """The whole page, line by line."""
    start = time.process_time()
    whole = Whole(validator=str(DCIODVFY))
    yield from INTRODUCTION.format(command=command).splitlines()
    yield from page_headers.section(run, whole)
    yield from page_pixels.section(run, whole)
    yield from page_texts.section(run)
    yield from page_risk.section(run, whole)
    yield from LIMITS.splitlines()
    yield from ("", f"This run took {(time.process_time() - start) / 60:.1f} CPU minutes here.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data")
    parser.add_argument("--python", type=Path, help="interpreter with comparators")
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--quick", action="store_true", help="a smoke test without comparators")
    for name, meaning in SIZES.items():
        parser.add_argument(f"--{name}", type=int, help=f"{meaning}, {FULL[name]}")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/evaluation/redactor.md")
    return parser


def _shown(given: Sequence[str]) -> list[str]:
    """The arguments without places of this machine."""
    return [f".../{Path(word).name}" if word.startswith("/") else word for word in given]


INTRODUCTION = """# Evaluation of the redactor

Written by `make eval-redactor`; not by hand. The generators were written from PS3.15 and from what
other tools are known to leave, without reading the engine's rules or word lists. Figures are on
seeds that nobody looked at before this run. The forms behind the seeds are ours, and who built the
engine was told which kinds it missed on other seeds, so the figures speak for data of these forms
and flatter for others. Names, reports and burned-in texts are made up; no file shows a
person. Shares carry counts and 95 % intervals of Wilson.

Command: `{command}`"""

LIMITS = """
## What is missing

* Everything here is synthetic or test data. Real reports vary more than forms; real scanners burn
  text in with fonts and places of their own.
* The number of images bounds what can be claimed: OCR costs seconds per image here. No miss in n
  boxes claims no more than 3/n misses at 95 %.
* A full MIDI-B or TCIA comparison is not part of it: their data are not used here.
* Numbers of few bytes (US, FL, OW ...) are not planted: they cannot be told from other bytes.
* Faces in head CT and MR, handwriting, and whoever is known by a rare disease are not measured.
* Tools ran at their defaults; tuned recipes would do better."""


if __name__ == "__main__":
    sys.exit(main())
