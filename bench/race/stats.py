"""Medians and spread of a few rounds, and how to write them."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Spread:
    median: float
    low: float
    high: float
    count: int


def spread(values):
    """Of at least one value, else None."""
    values = list(values)
    if not values:
        return None
    return Spread(statistics.median(values), min(values), max(values), len(values))


def short(number):
    """Three digits that count: 0.412, 41.2, 4,120."""
    if number is None:
        return "–"
    size = abs(number)
    if size >= 100:
        return f"{number:,.0f}"
    if size >= 10:
        return f"{number:.1f}"
    return f"{number:.2f}" if size >= 1 else f"{number:.3f}"


def with_range(value):
    """41.2 (40.1–44.0), or the figure alone where all rounds agree."""
    if value is None:
        return "–"
    if short(value.low) == short(value.high):
        return short(value.median)
    return f"{short(value.median)} ({short(value.low)}–{short(value.high)})"


def ratio(above, below):
    """None where one of both is missing or nothing."""
    return above / below if above and below else None
