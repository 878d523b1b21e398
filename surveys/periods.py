"""Stretches of time that figures are asked for: week, month, quarter, 6 and 9 months, year, and survey rounds."""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from geodata.problems import InvalidValue

MONTH, QUARTER, HALF, YEAR, ROUND = "month", "quarter", "half", "year", "round"
WEEK, NINE = "week", "nine"
KINDS = (MONTH, QUARTER, HALF, YEAR, ROUND)  # those a map is asked for
REPORTED = (WEEK, MONTH, QUARTER, HALF, NINE, YEAR)  # those an office reports on
EVERY = (*KINDS, WEEK, NINE)
# A round is walked within a half-year; nine months are the first nine of a year.
MONTHS = {MONTH: 1, QUARTER: 3, HALF: 6, NINE: 9, YEAR: 12, ROUND: 6}
ROMAN = ("I", "II", "III", "IV")
CODES = "2026-10, 2026-Q4, 2026-H2, 2026, 2026-R2, 2026-W36, 2026-9M"
_CODE = re.compile(r"(20\d\d)(?:-(?:(0[1-9]|1[0-2])|Q([1-4])|H([12])|R([12])|W(0[1-9]|[1-4]\d|5[0-3])|(9)M))?")


@dataclass(frozen=True)
class Period:
    """`number` counts from 1 within the year; a year's is 1. A week is ISO 8601's, from Monday, and so is its year."""

    kind: str
    year: int
    number: int = 1

    @property
    def first(self) -> dt.date:
        if self.kind == WEEK:
            return dt.date.fromisocalendar(self.year, self.number, 1)
        return dt.date(self.year, (self.number - 1) * MONTHS[self.kind] + 1, 1)

    @property
    def last(self) -> dt.date:
        """Its last day, included."""
        if self.kind == WEEK:
            return self.first + dt.timedelta(days=6)
        month = self.number * MONTHS[self.kind]
        return dt.date(self.year, month, calendar.monthrange(self.year, month)[1])

    @property
    def code(self) -> str:
        """As it stands in addresses: 2026-10, 2026-Q4, 2026-H2, 2026, 2026-R2, 2026-W36, 2026-9M."""
        if self.kind == YEAR:
            return str(self.year)
        if self.kind == NINE:
            return f"{self.year}-9M"
        if self.kind == WEEK:
            return f"{self.year}-W{self.number:02d}"
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
        half, month = min(n, 2) - 1, min(n, 12)
        if language == "en":
            return {
                WEEK: f"Week {n}/{year}", NINE: f"First 9 months of {year}",
                MONTH: f"{calendar.month_name[month]} {year}", QUARTER: f"Quarter {ROMAN[min(n, 4) - 1]}/{year}",
                HALF: f"{('First', 'Second')[half]} half of {year}", YEAR: str(year), ROUND: f"Round {n}/{year}",
            }[self.kind]  # fmt: skip
        return {
            WEEK: f"Tuần {n}/{year}", NINE: f"9 tháng đầu năm {year}",
            MONTH: f"Tháng {n}/{year}", QUARTER: f"Quý {ROMAN[min(n, 4) - 1]}/{year}",
            HALF: f"6 tháng {('đầu', 'cuối')[half]} năm {year}", YEAR: f"Năm {year}", ROUND: f"Đợt {n}/{year}",
        }[self.kind]  # fmt: skip

    def moved(self, steps: int) -> "Period":
        """The period of the same kind so many steps later, or earlier where negative."""
        if self.kind == WEEK:
            year, number, _ = (self.first + dt.timedelta(weeks=steps)).isocalendar()
            return Period(WEEK, year, number)
        per_year = 12 // MONTHS[self.kind]
        year, number = divmod(self.year * per_year + self.number - 1 + steps, per_year)
        return Period(self.kind, year, number + 1)

    @property
    def before(self) -> "Period":
        return self.moved(-1)

    @property
    def year_before(self) -> "Period | None":
        """The same of the year before; None of a week, which has no counterpart."""
        return None if self.kind == WEEK else Period(self.kind, self.year - 1, self.number)

    def until(self, today: dt.date) -> dt.date:
        """The day as of which something stands: its last day, or today where it isn't over."""
        return min(self.last, today)


def quarter_begins(day: dt.date) -> dt.date:
    """The first day of the quarter a day lies in: what was before it is closed."""
    return Period(QUARTER, day.year, (day.month + 2) // 3).first


def holding(kind: str, day: dt.date) -> Period:
    """The period of a kind that holds a day; of nine months those of its year."""
    if kind == WEEK:
        year, number, _ = day.isocalendar()
        return Period(WEEK, year, number)
    if kind == NINE:
        return Period(NINE, day.year)
    return Period(kind, day.year, (day.month - 1) // MONTHS[kind] + 1)


def named(code: str) -> Period:
    """The period of a code. Raises InvalidValue."""
    match = _CODE.fullmatch(code)
    if match is None:
        raise InvalidValue(field="period", value=code[:20], reason=CODES)
    year, *numbers = match.groups()
    for kind, number in zip((MONTH, QUARTER, HALF, ROUND, WEEK, NINE), numbers, strict=True):
        if number:
            found = Period(kind, int(year), 1 if kind == NINE else int(number))
            if kind == WEEK and found.number > _weeks(found.year):
                raise InvalidValue(field="period", value=code, reason=f"≤ {year}-W{_weeks(found.year)}")
            return found
    return Period(YEAR, int(year))


def _weeks(year: int) -> int:
    return dt.date(year, 12, 28).isocalendar()[1]


def latest(kind: str, today: dt.date, most: int) -> list[Period]:
    """The last `most` periods of a kind that have begun, the oldest first."""
    here = holding(kind, today)
    return [here.moved(-step) for step in reversed(range(most))]
