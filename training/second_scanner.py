"""The phantoms as another simulator scans them: a test domain that nothing was trained on.

XCIST / CatSim (PyPI `gecatsim`, BSD-3-Clause) projects volume fractions of real materials through a
polychromatic fan beam on a curved detector, with bowtie, quantum and electronic noise, water
correction, and reconstructs by filtered back projection. Beam hardening, photon starvation and
metal artefacts are therefore physics, not paint. Anatomy still comes from
`training.axial_phantom`: the test is of appearance, not of anatomy.

The package's build script needs a compiler and its prebuilt library lies inside the source archive,
so unpack it rather than install it:

    pip download --no-deps --no-binary :all: gecatsim==1.6.9
    tar xzf gecatsim-1.6.9.tar.gz
    PYTHONPATH=gecatsim-1.6.9 python -m training.second_scanner --items 300 OUT.npz
"""

import argparse
import contextlib
import importlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from training.acquisition import HU_MAX, HU_MIN, surround
from training.axial_canvas import BONE, SIDE, SPACING_MM, Field
from training.axial_phantom import anatomy
from training.body import Body
from training.variants import draw

SEED = 31
VIEWS = 400
CHANNELS, CHANNEL_MM = 600, 1.5
ENERGY_BINS = 12
TUBE_KV = (80, 100, 120, 140)
TUBE_MA = (80.0, 400.0)
KERNELS = ("soft", "standard")
WATER_PER_MM = 0.02
"""Attenuation that the water correction maps water to; HU are relative to it."""

CORTICAL_BONE_HU = 1700.0
"""Cortical bone of ICRU 46 (1.92 g/cm3) at 120 kV, about."""
IODINE_HU_PER_MG_ML = 25.0
IODINE_MG_ML = 4930.0
"""Density of iodine: its volume fraction is a concentration over this."""
TISSUE_HU = 45.0
ENHANCED_HU = 80.0
"""No soft tissue is denser without iodine."""
GAS_HU = -300.0
"""Between air and fat."""

Fractions = dict[str, Field]


def volume_fractions(body: Body) -> Fractions:
    """What every pixel of a painted phantom is made of; keys are CatSim's material names."""
    hu, clear = body.hu, ~body.metal
    bone = (body.labels == BONE) & clear
    enhanced = (hu > ENHANCED_HU) & ~bone & clear
    fat = np.clip(-hu / 100, 0, 1) * (hu > GAS_HU) * ~bone
    tissue = 1 - fat + np.clip(hu, 0, ENHANCED_HU) / 1000
    water = np.where(hu > GAS_HU, tissue, np.clip(1 + hu / 1000, 0, 1))
    mineral = np.where(bone, np.clip(hu / CORTICAL_BONE_HU, 0, 1), 0)
    iodine = np.where(enhanced, (hu - TISSUE_HU) / IODINE_HU_PER_MG_ML / IODINE_MG_ML, 0)
    water = np.where(bone, 1 - mineral, np.where(enhanced, 1 + TISSUE_HU / 1000, water))
    volumes = {
        "water": water,
        "ICRU_adipose_adult2": fat,
        "ICRU_skeleton_cortical_bone_adult": mineral,
        "I": iodine,
    }
    fractions = {name: np.asarray(volume * clear, np.float32) for name, volume in volumes.items()}
    return fractions | {"Ti": np.asarray(body.metal, np.float32)}


def write_phantom(fractions: Fractions, folder: Path) -> Path:
    """CatSim's voxelised phantom: a JSON file and one raw file per material."""
    n = len(fractions)
    for name, volume in fractions.items():
        volume.tofile(folder / f"{name}.raw")
    described = {
        "n_materials": n,
        "mat_name": list(fractions),
        "volumefractionmap_filename": [f"{name}.raw" for name in fractions],
        "volumefractionmap_datatype": ["float"] * n,
        "cols": [SIDE] * n,
        "rows": [SIDE] * n,
        "slices": [1] * n,
        "x_size": [SPACING_MM] * n,
        "y_size": [SPACING_MM] * n,
        "z_size": [50.0] * n,
        "x_offset": [(SIDE + 1) / 2] * n,
        "y_offset": [(SIDE + 1) / 2] * n,
        "z_offset": [1.0] * n,
    }
    path = folder / "phantom.json"
    path.write_text(json.dumps(described))
    return path


def scanner(toolkit: Any, phantom: Path, folder: Path, rng: np.random.Generator) -> Any:  # noqa: ANN401 - untyped package
    """A CatSim scan of one slice: tube voltage, current and kernel by chance."""
    ct = toolkit.CatSim()
    ct.resultsName = str(folder / "scan")
    ct.do_Recon = 1
    ct.phantom.filename = str(phantom)
    ct.phantom.projectorNumThreads = 1
    ct.scanner.detectorRowsPerMod = ct.scanner.detectorRowCount = 1
    ct.scanner.detectorColCount, ct.scanner.detectorColSize = CHANNELS, CHANNEL_MM
    ct.protocol.viewsPerRotation = ct.protocol.viewCount = VIEWS
    ct.protocol.stopViewId = VIEWS - 1
    kv = rng.choice(TUBE_KV)
    ct.protocol.spectrumFilename = f"tungsten_tar7.0_{kv}_filt.dat"
    ct.protocol.mA = rng.uniform(*TUBE_MA) * (120 / kv) ** 2
    ct.physics.energyCount = ENERGY_BINS
    for samples in ("colSample", "rowSample", "srcXSample", "srcYSample", "viewSample"):
        setattr(ct.physics, f"{samples}Count", 1)
    ct.physics.callback_post_log = "Prep_BHC_Accurate"
    ct.physics.EffectiveMu = 10 * WATER_PER_MM
    ct.physics.BHC_poly_order = 5
    ct.physics.BHC_max_length_mm, ct.physics.BHC_length_step_mm = 300, 10
    ct.recon.fov, ct.recon.imageSize = SIDE * SPACING_MM, SIDE
    ct.recon.sliceCount, ct.recon.sliceThickness = 1, 1.0
    ct.recon.unit, ct.recon.mu = "HU", WATER_PER_MM
    ct.recon.kernelType = str(rng.choice(KERNELS))
    return ct


def scan(body: Body, rng: np.random.Generator, kept: Path) -> NDArray[np.int16]:
    """The phantom as CatSim scans and reconstructs it, (256, 256) HU.

    Args:
        body: The phantom.
        rng: Dice of the scanner.
        kept: Folder for the water correction of each tube voltage, which is slow to fit.
    """
    toolkit = importlib.import_module("gecatsim")
    recon = importlib.import_module("gecatsim.reconstruction.pyfiles.recon")
    with tempfile.TemporaryDirectory() as name, Path(os.devnull).open("w") as silent:
        folder = Path(name)
        ct = scanner(toolkit, write_phantom(volume_fractions(body), folder), folder, rng)
        with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
            water = kept / f"{ct.protocol.spectrumFilename}.npy"
            ct.physics.BHC_vec_fname = str(water)
            ran = ct.run_all()
            recon.recon(ct)
            if not water.exists():
                hardening = importlib.import_module("gecatsim.pyfiles.Prep_BHC_Accurate")
                np.save(water, hardening.gen_BHC_vec(ran))
        raw = np.fromfile(folder / f"scan_{SIDE}x{SIDE}x1.raw", np.float32)
    return np.clip(np.rint(raw.reshape(SIDE, SIDE)), HU_MIN, HU_MAX).astype(np.int16)


def make(k: int, kept: Path) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Slice `k` of the second domain: HU and labels, as `training.axial_phantom.make`."""
    rng = np.random.default_rng([SEED, k])
    body = anatomy(rng, draw(rng))
    surround(body, np.asarray(ndimage.binary_fill_holes(body.hu > -500), dtype=bool))
    return scan(body, rng, kept), body.labels


def write(path: Path, items: int) -> None:
    """Scans `items` slices; an interrupted run goes on from the parts that are there."""
    parts = path.with_suffix("")
    parts.mkdir(parents=True, exist_ok=True)
    for k in range(items):
        part = parts / f"{k:04d}.npz"
        if not part.exists():
            hu, labels = make(k, parts)
            np.savez_compressed(part.with_suffix(".half.npz"), i=hu, l=labels)
            part.with_suffix(".half.npz").rename(part)
    stored = [np.load(parts / f"{k:04d}.npz") for k in range(items)]
    whole = {key: np.stack([part[key] for part in stored]) for key in "il"}
    np.savez_compressed(path, **whole)  # type: ignore[arg-type] # stubs lack **kwargs


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("path", type=Path)
    given = parser.parse_args()
    write(given.path, given.items)
