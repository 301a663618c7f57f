"""Elements that draw, sign or pad: nothing of them leaves, at any depth.

PS3.15 table E.1-1 removes overlays, curves and signatures in the basic profile. An icon is a
second copy of pixels that were cleaned; padding holds whatever was in memory.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.overlays.numpy_handler import get_overlay_array

from radloom.errors import Rejected

KeepOverlay = Callable[[NDArray[np.uint8]], bool]
"""Says whether an overlay plane (rows x columns, 0 or 255) is free of text, frame by frame."""

DROPPED = {
    0x00880200: "icon",
    0x04000500: "encrypted_attributes",
    0x4FFE0001: "mac_parameters",
    0xFFFAFFFA: "digital_signatures",
    0xFFFCFFFC: "trailing_padding",
}
OVERLAYS = range(0x6000, 0x60FF + 1)
CURVES = range(0x5000, 0x50FF + 1)
"""Groups, the odd ones too, where private curves and overlays were put."""
LAST_COMMAND_GROUP = 0x0007
"""Groups 0000 to 0007 are no part of a data set (PS3.5 section 7.1)."""
PIXEL_GROUP = 0x7FE0
OVERLAY_DATA = 0x3000
ELEMENT_BITS = 0xFFFF


def rule_for(tag: int, *, is_top: bool, kept_overlays: frozenset[int]) -> str:
    """Why an element is dropped; "" when it stays."""
    group = tag >> 16
    if group in OVERLAYS:
        return "" if is_top and group in kept_overlays else "overlay"
    if group in CURVES:
        return "curve"
    if group <= LAST_COMMAND_GROUP:
        return "command"
    if not tag & ELEMENT_BITS:
        return "group_length"
    if group == PIXEL_GROUP and not is_top:
        return "nested_pixels"
    return DROPPED.get(tag, "")


def kept_overlays(ds: Dataset, keep: KeepOverlay | None) -> frozenset[int]:
    """Groups of the overlays that stay: those whose every frame `keep` finds free of text.

    Raises:
        Rejected: An overlay cannot be drawn.
    """
    if keep is None:
        return frozenset()
    groups = {
        tag.group
        for tag in ds._dict  # noqa: SLF001 - iterating the data set itself decodes every value
        if tag.group in OVERLAYS and not tag.group & 1 and tag.element == OVERLAY_DATA
    }
    return frozenset(group for group in groups if _is_kept(ds, group, keep))


def _is_kept(ds: Dataset, group: int, keep: KeepOverlay) -> bool:
    try:
        planes = get_overlay_array(ds, group)
    except Exception as error:  # noqa: BLE001 - its message may quote the data set
        raise Rejected(
            f"an overlay cannot be drawn ({type(error).__name__}); remove it", reason="overlay"
        ) from None
    frames = planes if planes.ndim == 3 else planes[np.newaxis]  # noqa: PLR2004 - frames first
    return all(keep(np.where(frame > 0, np.uint8(255), np.uint8(0))) for frame in frames)
