"""Sheets of paper and the scale that puts an area on one: sizes in millimetres, areas in metres of the zone."""

from dataclasses import dataclass
from math import ceil

Box = tuple[float, float, float, float]  # west, south, east, north

PAPERS = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}
MARGIN, HEAD, FOOT = 10.0, 20.0, 22.0
BESIDE = {"A4": 62.0, "A3": 82.0}  # the column of the legend
SCALES = (
    500, 1_000, 2_000, 2_500, 5_000, 7_500, 10_000, 15_000, 20_000, 25_000, 30_000, 40_000, 50_000, 60_000, 75_000,
    100_000, 125_000, 150_000, 200_000, 250_000, 300_000, 400_000, 500_000, 600_000, 750_000, 900_000, 1_000_000,
    1_100_000, 1_250_000, 1_500_000, 2_000_000, 2_500_000, 3_000_000,
)  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """A paper and how it lies."""

    paper: str = "A4"
    landscape: bool = True

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        short, long = PAPERS[self.paper]
        return (long, short) if self.landscape else (short, long)

    @property
    def frame(self) -> Box:
        """The map's frame from the lower left corner of the paper: left, bottom, width, height."""
        width, height = self.size
        beside = BESIDE[self.paper]
        return (MARGIN, MARGIN + FOOT, width - 2 * MARGIN - beside, height - 2 * MARGIN - HEAD - FOOT)

    def scale(self, box: Box) -> int:
        """The largest usual scale (its denominator) at which the whole box lies in the frame."""
        _, _, width, height = self.frame
        needed = max((box[2] - box[0]) / width, (box[3] - box[1]) / height) * 1000
        return next((one for one in SCALES if one >= needed), ceil(needed / 1_000_000) * 1_000_000)

    def extent(self, box: Box) -> Box:
        """What the frame shows at that scale, the box in its middle."""
        _, _, width, height = self.frame
        scale = self.scale(box)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        across, up = width / 1000 * scale / 2, height / 1000 * scale / 2
        return (x - across, y - up, x + across, y + up)


def grid_step(scale: int) -> int:
    """Metres between lines of the grid: 1 km as long as its squares are at least 5 mm wide."""
    return next(step for step in (100, 1_000, 5_000, 10_000, 50_000, 100_000) if step * 1000 / scale >= 5)


def bar_step(scale: int, longest_mm: float) -> int:
    """Metres of one of the four parts of a scale bar that isn't longer than `longest_mm`."""
    most = longest_mm / 1000 * scale / 4
    step = 1
    while step * 10 <= most:
        step *= 10
    return next(step * factor for factor in (5, 2, 1) if step * factor <= most or factor == 1)
