"""Calibration curves as PNG; the only module here that needs matplotlib."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from radloom.errors import Rejected

Points = Sequence[tuple[float, float, int]]


def calibration_png(curves: Mapping[str, Points], title: str, path: Path) -> None:
    """Draws observed share against mean prediction, one line per name, 95 % Wilson bars.

    Raises:
        Rejected: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - of an extra
    except ModuleNotFoundError as error:
        raise Rejected(
            "matplotlib is not installed: calibration curves need it;"
            " pip install 'radloom[cachexia-training]'",
            reason="missing_extra",
        ) from error
    from training.cachexia.metrics import wilson  # noqa: PLC0415 - keeps the message above first

    figure = Figure(figsize=(4.4, 4.2), dpi=100, layout="tight")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, points in curves.items():
        x = [point[0] for point in points]
        y = [point[1] for point in points]
        bounds = [wilson(round(share * n), n) for _, share, n in points]
        low = [max(0.0, v - b[0]) for v, b in zip(y, bounds, strict=True)]
        high = [max(0.0, b[1] - v) for v, b in zip(y, bounds, strict=True)]
        axes.errorbar(x, y, yerr=[low, high], marker="o", markersize=3, linewidth=1, label=name)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean prediction", ylabel="observed share")
    axes.set_title(title, fontsize=9)
    axes.legend(fontsize=8, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    # No date and version inside: the same curve is the same file.
    figure.savefig(path, metadata={"Software": None})
