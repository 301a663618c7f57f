"""Samples of waveforms and spectra: their exact length, and no bits but those that hold values."""

from pydicom import Dataset

from radloom.errors import Rejected
from services.redactor.layout.native import CELL_TYPES, Cells

SIGNED = {"SB", "SS", "SL", "SV"}
"""Waveform Sample Interpretation (5400,1006) in two's complement; MB and AB are companded."""


def clean_waveforms(ds: Dataset, *, is_little_endian: bool) -> tuple[str, ...]:
    """Cuts and clears every multiplex group of a data set, in place.

    Returns:
        Paths of the values that changed.

    Raises:
        Rejected: A group has fewer samples than it says.
    """
    changed = []
    for index, group in enumerate(ds.get("WaveformSequence") or []):
        content = group.get("WaveformData")
        if not isinstance(content, bytes):
            continue
        cleaned = _cleaned(group, content, is_little_endian=is_little_endian)
        if cleaned != content:
            group["WaveformData"].value = cleaned
            changed.append(f"54000100[{index}].54001010")
    return tuple(changed)


def clean_spectrum(ds: Dataset) -> tuple[str, ...]:
    """Cuts Spectroscopy Data (5600,0020) to its exact length, in place.

    Rows, columns, frames, points and components (PS3.3 C.8.14.4), four bytes each.
    """
    content = ds.get("SpectroscopyData")
    if not isinstance(content, bytes):
        return ()
    length = 4 * (2 if ds.get("DataRepresentation") == "COMPLEX" else 1)
    for keyword in ("Rows", "Columns", "DataPointRows", "DataPointColumns"):
        length *= int(ds.get(keyword) or 1)
    length *= int(ds.get("NumberOfFrames") or 1)
    if len(content) < length:
        raise Rejected("it has fewer points than it says", reason="samples")
    ds["SpectroscopyData"].value = content[:length]
    return ("56000020",) if len(content) > length else ()


def _cleaned(group: Dataset, content: bytes, *, is_little_endian: bool) -> bytes:
    channels = int(group.NumberOfWaveformChannels)
    allocated = int(group.WaveformBitsAllocated)
    length = channels * int(group.NumberOfWaveformSamples) * allocated // 8
    if len(content) < length or allocated not in CELL_TYPES:
        raise Rejected("a waveform has fewer samples than it says", reason="samples")
    content = content[:length]
    stored = {
        int(channel.get("WaveformBitsStored") or allocated)
        for channel in group.get("ChannelDefinitionSequence") or []
    } or {allocated}
    widest = min(max(stored), allocated)
    is_signed = group.get("WaveformSampleInterpretation") in SIGNED
    cells = Cells(allocated, widest, widest - 1, is_signed, is_little_endian)
    cleaned = cells.cleaned(content)
    return (content if cleaned is None else cleaned) + b"\0" * (length % 2)
