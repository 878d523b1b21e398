"""Stretches of time that figures are asked for: month, quarter, half-year, year, and survey rounds."""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from geodata.problems import InvalidValue

MONTH, QUARTER, HALF, YEAR, ROUND = "month", "quarter", "half", "year", "round"
KINDS = (MONTH, QUARTER, HALF, YEAR, ROUND)
MONTHS = {MONTH: 1, QUARTER: 3, HALF: 6, YEAR: 12, ROUND: 6}  # a round is walked within a half-year
ROMAN = ("I", "II", "III", "IV")
# 2026-10, 2026-Q4, 2026-H2, 2026, 2026-R2
_CODE = re.compile(r"(20\d\d)(?:-(?:(0[1-9]|1[0-2])|Q([1-4])|H([12])|R([12])))?")


@dataclass(frozen=True)
class Period:
    """`number` counts from 1 within the year; a year's is 1."""

    kind: str
    year: int
    number: int = 1

    @property
    def first(self) -> dt.date:
        return dt.date(self.year, (self.number - 1) * MONTHS[self.kind] + 1, 1)

    @property
    def last(self) -> dt.date:
        """Its last day, included."""
        month = self.number * MONTHS[self.kind]
        return dt.date(self.year, month, calendar.monthrange(self.year, month)[1])

    @property
    def code(self) -> str:
        """As it stands in addresses: 2026-10, 2026-Q4, 2026-H2, 2026, 2026-R2."""
        if self.kind == YEAR:
            return str(self.year)
        if self.kind == MONTH:
            return f"{self.year}-{self.number:02d}"
        return f"{self.year}-{self.kind[0].upper()}{self.number}"

    @property
    def round(self) -> str:
        """The code of the survey round, "" for other kinds."""
        return f"{self.year}_{self.number}" if self.kind == ROUND else ""

    def title(self, language: str = "vi") -> str:
        """In words: “Quý III/2026”."""
        n, year = self.number, self.year
        half = min(n, 2) - 1
        if language == "en":
            return {
                MONTH: f"{calendar.month_name[n]} {year}", QUARTER: f"Quarter {ROMAN[min(n, 4) - 1]}/{year}",
                HALF: f"{('First', 'Second')[half]} half of {year}", YEAR: str(year), ROUND: f"Round {n}/{year}",
            }[self.kind]  # fmt: skip
        return {
            MONTH: f"Tháng {n}/{year}", QUARTER: f"Quý {ROMAN[min(n, 4) - 1]}/{year}",
            HALF: f"6 tháng {('đầu', 'cuối')[half]} năm {year}", YEAR: f"Năm {year}", ROUND: f"Đợt {n}/{year}",
        }[self.kind]  # fmt: skip

    def moved(self, steps: int) -> "Period":
        """The period of the same kind so many steps later, or earlier where negative."""
        per_year = 12 // MONTHS[self.kind]
        year, number = divmod(self.year * per_year + self.number - 1 + steps, per_year)
        return Period(self.kind, year, number + 1)

    @property
    def before(self) -> "Period":
        return self.moved(-1)

    def until(self, today: dt.date) -> dt.date:
        """The day as of which something stands: its last day, or today where it isn't over."""
        return min(self.last, today)


def holding(kind: str, day: dt.date) -> Period:
    """The period of a kind that holds a day."""
    return Period(kind, day.year, (day.month - 1) // MONTHS[kind] + 1)


def named(code: str) -> Period:
    """The period of a code. Raises InvalidValue."""
    match = _CODE.fullmatch(code)
    if match is None:
        raise InvalidValue(field="period", value=code[:20], reason="2026-10, 2026-Q4, 2026-H2, 2026, 2026-R2")
    year, *numbers = match.groups()
    for kind, number in zip((MONTH, QUARTER, HALF, ROUND), numbers, strict=True):
        if number:
            return Period(kind, int(year), int(number))
    return Period(YEAR, int(year))


def latest(kind: str, today: dt.date, most: int) -> list[Period]:
    """The last `most` periods of a kind that have begun, the oldest first."""
    here = holding(kind, today)
    return [here.moved(-step) for step in reversed(range(most))]
