"""The sample study as model inputs, for golden inferences and a look at real anatomy."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread

from radloom.dicom.volume import Volume, read_volume
from services.muscle_seg.projections import project
from services.muscle_seg.slices import body_mask, place, to_grid

SAMPLE_L3_SLICE = 72
"""Middle of L3 with its processes in the sample study, from the feet; the reference lies there."""
SAMPLE_L3_BODY = (69, 79)
"""First and last slice of the body of L3; both from the published labels of the study."""


def sample_volume(folder: Path) -> Volume:
    """The volume that the DICOM files of `folder` hold."""
    return read_volume([dcmread(path) for path in sorted(folder.glob("*.dcm"))])


def locator_input(folder: Path) -> NDArray[np.float32]:
    """Projections of the sample study, (1, 2, 192, 96) HU."""
    volume = sample_volume(folder)
    return project(volume.hu, volume.spacing_mm).windows


def muscle_input(folder: Path) -> NDArray[np.float32]:
    """The sample's L3 slice on the network's grid, (1, 1, 256, 256) HU."""
    volume = sample_volume(folder)
    hu, spacing = volume.hu[SAMPLE_L3_SLICE], volume.spacing_mm[1:]
    return to_grid(hu, place(body_mask(hu, spacing), spacing))[None, None]
