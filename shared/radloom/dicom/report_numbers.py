"""Numbers of a muscle measurement as NUM items of its report (TID 300), each with its bounds."""

from collections.abc import Iterator
from decimal import Decimal

import highdicom as hd

from radloom import codes
from radloom.codes import Code
from radloom.dicom.segmentation import concept
from radloom.results import MANUFACTURER, Algorithm, Estimate, Range, Statement


def _measured(
    algorithm: hd.sr.AlgorithmIdentification,
    name: Code,
    value: Decimal,
    unit: Code,
    derivation: Code | None = None,
) -> hd.sr.Measurement:
    return hd.sr.Measurement(
        name=concept(name),
        value=float(value),  # few decimals: the double prints as the decimal does
        unit=concept(unit),
        derivation=None if derivation is None else concept(derivation),
        algorithm_id=algorithm,
    )


def estimate(
    algorithm: hd.sr.AlgorithmIdentification, name: Code, told: Estimate, unit: Code
) -> list[hd.sr.Measurement]:
    """A number and, as measurements of their own, the bounds of its interval."""
    return [
        _measured(algorithm, name, told.value, unit),
        _measured(algorithm, codes.LOW_BOUND, told.interval.low, unit),
        _measured(algorithm, codes.HIGH_BOUND, told.interval.high, unit),
    ]


def measurements(statement: Statement) -> Iterator[hd.sr.Measurement]:
    """Numbers of the muscle, each with its bounds where the event gives some.

    Bounds are measurements of the group: PixelMed's TID 1419 takes the uncertainty properties of
    TID 310 for a wrong relationship, and highdicom writes those without a unit.
    """
    algorithm = algorithm_id(statement.algorithm, statement.area_interval_cm2)
    area, hounsfield = codes.SQUARE_CENTIMETRE, codes.HOUNSFIELD_UNIT
    index = codes.SQUARE_CENTIMETRE_PER_SQUARE_METRE
    yield _measured(algorithm, codes.AREA, statement.area_cm2, area)
    yield from _bounds(algorithm, codes.MUSCLE_AREA_BOUNDS, statement.area_interval_cm2, area)
    yield _measured(
        algorithm, codes.ATTENUATION_COEFFICIENT, statement.mean_hu, hounsfield, codes.MEAN
    )
    yield from _bounds(
        algorithm, codes.MUSCLE_ATTENUATION_BOUNDS, statement.mean_hu_interval, hounsfield
    )
    yield _measured(algorithm, codes.AGREEMENT, statement.agreement, codes.NO_UNITS)
    if statement.smi_cm2_per_m2 is not None:
        yield _measured(algorithm, codes.MUSCLE_INDEX_L3, statement.smi_cm2_per_m2, index)
        yield from _bounds(algorithm, codes.MUSCLE_INDEX_BOUNDS, statement.smi_interval, index)
    if (low := statement.low_attenuation) is not None:
        yield _measured(algorithm, codes.LOW_ATTENUATION_L3, low.value, codes.NO_UNITS)
        yield from _bounds(algorithm, codes.LOW_ATTENUATION_BOUNDS, low.interval, codes.NO_UNITS)


def _bounds(
    algorithm: hd.sr.AlgorithmIdentification,
    names: tuple[Code, Code],
    interval: Range | None,
    unit: Code,
) -> Iterator[hd.sr.Measurement]:
    if interval is not None:
        yield _measured(algorithm, names[0], interval.low, unit)
        yield _measured(algorithm, names[1], interval.high, unit)


def algorithm_id(algorithm: Algorithm, interval: Range) -> hd.sr.AlgorithmIdentification:
    """TID 4019; each measurement has its own, because TID 1410 knows none for the group."""
    return hd.sr.AlgorithmIdentification(
        name=algorithm.name,
        version=algorithm.version,
        parameters=[*algorithm.parameters, f"coverage of the interval {interval.coverage}"],
        family=concept(codes.ARTIFICIAL_INTELLIGENCE),
        manufacturer=MANUFACTURER,
    )
