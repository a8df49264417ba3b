"""Bars in groups, drawn by hand: the median as a bar, every round as a dot, the range as a line."""

import dataclasses
import html
import math
import statistics

from .stats import short

WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 860, 250, 90, 14, 12, 64
COLOURS = {"floor": "#2da44e", "moldau": "#1f6feb", "moldau-synced": "#79b0ff", "kafka": "#8a8f98", "kafka-flush": "#c3c7ce"}


@dataclasses.dataclass(frozen=True)
class Chart:
    title: str
    unit: str
    groups: list  # of (label, [(system, [values of the rounds])])
    log: bool = False
    names: dict = dataclasses.field(default_factory=dict)


class Scale:
    """Values to columns; a logarithmic one begins at the power of ten below the least value."""

    def __init__(self, values, log):
        positive = [value for value in values if value > 0] or [1]
        self.log, self.high = log, max(positive) * 1.02
        self.low = 10 ** math.floor(math.log10(min(positive))) if log else 0

    def at(self, value):
        if not self.log:
            part = value / self.high
        elif self.high <= self.low:
            part = 1
        else:
            part = math.log10(max(value, self.low) / self.low) / math.log10(self.high / self.low)
        return LEFT + max(0.0, min(1.0, part)) * (WIDTH - LEFT - RIGHT)

    def marks(self):
        if self.log:
            power = self.low
            while power <= self.high:
                yield power
                power *= 10
            return
        step = 10 ** math.floor(math.log10(self.high))
        step = next(size for size in (step / 5, step / 2, step, step * 2) if self.high / size <= 6)
        yield from (step * index for index in range(int(self.high / step) + 1))


def text(x, y, words, anchor="start", size=12, colour="#24292f"):
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size}" fill="{colour}">{html.escape(words)}</text>'


def bar(scale, y, system, values):
    ordered = sorted(values)
    median = statistics.median(ordered)
    end, middle = scale.at(median), y + BAR / 2 - 1
    yield f'<rect x="{LEFT}" y="{y:.1f}" width="{max(1, end - LEFT):.1f}" height="{BAR - 2}" fill="{COLOURS[system]}"/>'
    yield (f'<line x1="{scale.at(ordered[0]):.1f}" x2="{scale.at(ordered[-1]):.1f}" y1="{middle:.1f}" y2="{middle:.1f}" '
           'stroke="#24292f"/>')
    yield from (f'<circle cx="{scale.at(value):.1f}" cy="{middle:.1f}" r="1.6" fill="#24292f"/>' for value in ordered)
    yield text(max(end, scale.at(ordered[-1])) + 6, y + BAR - 4, short(median), size=11)


def draw(chart):
    """The whole picture as text."""
    scale = Scale([value for _, bars in chart.groups for _, values in bars for value in values], chart.log)
    height = TOP + sum(len(bars) * BAR + GAP for _, bars in chart.groups) + 30
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" role="img">',
             f"<title>{html.escape(chart.title)}</title>", f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
             text(10, 22, f"{chart.title} ({chart.unit}{', logarithmic' if chart.log else ''})", size=15)]
    x = 10
    shown = {system for _, bars in chart.groups for system, _ in bars}
    for system in (one for one in COLOURS if one in shown):
        name = chart.names.get(system, system)
        parts += [f'<rect x="{x}" y="34" width="11" height="11" fill="{COLOURS[system]}"/>', text(x + 16, 44, name)]
        x += 34 + 7 * len(name)
    for mark in scale.marks():
        column = scale.at(mark)
        parts.append(f'<line x1="{column:.1f}" x2="{column:.1f}" y1="{TOP - 6}" y2="{height - 24}" stroke="#d8dee4"/>')
        parts.append(text(column, height - 10, f"{mark:g}", "middle", 11, "#57606a"))
    y = TOP
    for label, bars in chart.groups:
        parts.append(text(LEFT - 8, y + len(bars) * BAR / 2 + 3, label, "end"))
        for system, values in bars:
            parts += bar(scale, y, system, values)
            y += BAR
        y += GAP
    return "\n".join(parts) + "\n</svg>\n"
