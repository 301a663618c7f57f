"""Evaluation of muscle_seg: `make eval-muscle` writes docs/evaluation/muscle.md.

    python -m evaluation.muscle --data ../shared/data/ct --second build/training/second.npz

Needs no torch. Simulated sets are made when they are not there; the second simulator's slices come
from `python -m training.second_scanner`, and without them the report says so.
"""

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from evaluation import muscle_slices as slices
from evaluation import muscle_studies as studies
from radloom.adapters.onnx import EmbeddedInference

HEAD = """# Evaluation of muscle_seg

Written by `make eval-muscle` on {day}; not by hand. Weights `{weights}` ({members}),
graded by constants fitted on simulated slices that are none of these. Simulated sets describe the
simulators, not patients; the one real volume with L3 in it is the sample study, which was looked at
while simulators and limits were made. Rates have 95 % intervals of Wilson, other figures 95 %
bootstrap intervals.

"""


def report(given: argparse.Namespace) -> str:
    """The whole report."""
    inference = EmbeddedInference(given.repository)
    model = inference.describe("muscle_ensemble")
    found = [
        slices.score(inference, each) for each in slices.sets(given.out, given.second, given.items)
    ]
    text = HEAD.format(
        day=datetime.now(UTC).date(),
        weights=model.sha256[:12],
        members=model.parameters.get("members", "members not named"),
    )
    text += "## Muscle in simulated slices\n\n" + slices.accuracy_table(found)
    if len(found) < 3:
        text += f"\nSecond simulator: missing ({given.second}), not measured.\n"
    text += "\n## What a grade means\n\n" + slices.LIMITS + "\n" + slices.grade_table(found)
    text += "\n## Whether 90 % intervals hold 90 %\n\n" + slices.coverage_table(found)
    text += "\n## What disagreement tells (Spearman)\n\n" + slices.correlation_table(found)
    with tempfile.TemporaryDirectory() as folder:
        service = studies.Service.of(given.repository, Path(folder))
        text += "\n## Inputs that must be refused or accepted\n\n" + studies.suite(service)
        text += "\n## Parts of the sample study\n\n" + studies.crops(service)
        text += "\n## Real CT\n\n" + studies.real(service, given.data)
    return text + "\n## Speed\n\n" + studies.speed_table(given.repository)


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/ct"))
    parser.add_argument("--second", type=Path, default=Path("build/training/second.npz"))
    parser.add_argument("--out", type=Path, default=Path("build/training"))
    parser.add_argument("--items", type=int, default=10_000, help="at most so many slices a set")
    parser.add_argument("--repository", type=Path, default=Path("triton_models"))
    parser.add_argument("--report", type=Path, default=Path("docs/evaluation/muscle.md"))
    given = parser.parse_args()
    given.report.write_text(report(given))
    print(given.report)


if __name__ == "__main__":
    main()
