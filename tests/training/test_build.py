"""The one command that makes the models, at toy size, and what it leaves behind."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from radloom.adapters.onnx import EmbeddedInference

pytest.importorskip("torch", reason="of the training extra: pip install -e '.[training]'")

import torch
from torch import Tensor, nn

from training import compare, fit_muscle
from training.build import (
    MEMBERS,
    SMOKE,
    Placement,
    Recipe,
    build_locator,
    build_muscle,
    course_of,
)
from training.fit_muscle import ARCHITECTURES, Course
from training.judge import run
from training.networks import Ensemble
from training.simulate import DataSet, axial_slice
from training.warm_start import members, restore, settle

SAMPLE = Path(__file__).parents[2] / "samples/ct_torso"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # dynamo=False: fp16 needs that graph
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.filterwarnings("ignore:the float32 number:UserWarning")  # tiny weights in fp16
def test_all_steps_run_resume_and_leave_a_repository_that_answers(tmp_path: Path) -> None:
    repository = tmp_path / "models"
    given = Placement(repository, SAMPLE, 1)
    for step in (build_locator, build_muscle):
        step(SMOKE, tmp_path, given)
    weights = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "weights").glob("*.pt")}
    assert sorted(weights) == ["l3-0.pt", "l3-1.pt", "plain-0.pt", "residual-1.pt"]
    inference = EmbeddedInference(repository)
    for model in ("l3_locator", "muscle_ensemble"):
        inference.ready(model)  # the golden inference
    hu = np.zeros((1, 1, 256, 256), dtype=np.float32)
    muscle = inference.infer("muscle_ensemble", {"hu": hu}).outputs["members"]
    assert muscle.shape == (1, 2, 256, 256)
    curves = (repository / "muscle_ensemble/curves.csv").read_text().splitlines()
    assert [row.split(",")[:2] for row in curves[1:]] == [["plain-0", "2"], ["residual-1", "2"]]
    for step in (build_locator, build_muscle):
        step(SMOKE, tmp_path, given)
    check_members_train_on(repository / "muscle_ensemble")
    said = compare.document(
        {"old": repository, "new": repository},
        [compare.Set.parse(f"valid@22={tmp_path / 'axial_valid.npz'}")],
        SAMPLE,
        2,
    )
    assert said.count("| valid | 2 |") == 2
    again = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "weights").glob("*.pt")}
    assert again == weights


def muscle_of(net: nn.Module, hu: Tensor) -> NDArray[np.float32]:
    """Muscle probability of the first slice."""
    with torch.no_grad():
        return np.asarray(Ensemble.probabilities(net.eval(), hu)[0, 1], dtype=np.float32)


def check_members_train_on(model: Path) -> None:
    """What an export holds answers as the export does, also after its batch norms are settled."""
    held = members(model)
    assert list(held) == ["plain-0", "residual-1"]
    hu = torch.from_numpy(np.load(model / "golden.npz")["input.hu"].astype(np.float32))
    exported = run(model / "1" / "model.onnx", "hu", hu.numpy())["members"][0]
    for number, (name, weights) in enumerate(held.items()):
        net = ARCHITECTURES[name.split("-")[0]]()
        restore(net, weights)
        assert np.abs(muscle_of(net, hu) - exported[number]).max() < 0.005
        settle(net, hu)
        assert np.abs(muscle_of(net, hu) - exported[number]).max() < 0.005
    with pytest.raises(ValueError, match="do not fit"):
        restore(ARCHITECTURES["residual"](), held["plain-0"])


def test_members_cover_two_architectures_and_five_folds_alternating() -> None:
    assert len(MEMBERS) == 10
    assert {name for name, _ in list(MEMBERS)[:2]} == {"plain", "residual"}


def test_a_branch_follows_its_start_which_has_the_same_architecture_and_another_fold() -> None:
    order = ["-".join(map(str, member)) for member in MEMBERS]
    for (name, fold), start in MEMBERS.items():
        if start:
            assert order.index(start) < order.index(f"{name}-{fold}")
            assert start.startswith(name)
            assert not start.endswith(str(fold))


def test_a_member_starts_from_an_earlier_ensemble_from_its_branch_or_from_nothing(
    tmp_path: Path,
) -> None:
    earlier = Path(__file__).parents[2] / "triton_models/muscle_ensemble"
    recipe = replace(Recipe(), start=earlier)
    held = next(member for member in MEMBERS if "-".join(map(str, member)) in members(earlier))
    assert course_of(held, recipe, tmp_path).start == earlier
    assert course_of(held, Recipe(), tmp_path).start is None or MEMBERS[held]
    assert course_of(("plain", 1), Recipe(), tmp_path).start == tmp_path / "plain-0.pt"


def test_an_interrupted_member_goes_on_where_it_stopped(tmp_path: Path) -> None:
    data = DataSet("axial", axial_slice, 5, 10).write(tmp_path)
    out = tmp_path / "plain-0.pt"
    with pytest.raises(KeyboardInterrupt):
        fit_muscle.fit("plain", 0, [data], out, Course(3, checkpoint_every=2, report=stop))
    assert not out.exists()
    fit_muscle.fit("plain", 0, [data], out, Course(3, checkpoint_every=2))
    rows = out.with_suffix(".csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["2", "3"]


def stop(_: str) -> None:
    """As a user who presses Ctrl-C at the first report."""
    raise KeyboardInterrupt
