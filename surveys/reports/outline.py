"""What each subject's report speaks of: its sections, and the figures each section is drafted from.

The general outline's headings are those of data/report_sections.json ("typical outline; partly from memory": an office
checks it against its own rules). Restricted figures and places of faith or ethnicity are never in one report (S7): the
cube stands in the report on land alone.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from geodata.problems import NotFound
from geodata.units import HAMLET
from surveys import figures
from surveys.access import Actor
from surveys.figures.declared import Figure
from surveys.layers import REPORT_COUNTS, clash, refuse_clash
from surveys.periods import HALF, MONTH, NINE, QUARTER, WEEK, YEAR, Period

DATA = Path(__file__).parent / "data"
REPORTS = "situation_reports"


@dataclass(frozen=True)
class Part:
    """One part of a section: its heading ("" where the section has no parts) and the keys of its figures."""

    key: str
    heading: str
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A numbered section and its parts."""

    heading: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Subject:
    """What a report is about: its name in a menu, the line under "BÁO CÁO", its sections, the figure of its map."""

    key: str
    name: str
    about: str
    sections: tuple[Section, ...]
    map: str

    @property
    def parts(self) -> Iterator[Part]:
        return (part for section in self.sections for part in section.parts)

    def figures(self, actor: Actor, period: Period) -> list[Figure]:
        """Those the actor may read and the period has, each once, in the order of the sections."""
        keys = dict.fromkeys(key for part in self.parts for key in part.figures)
        found = [figures.named(key) for key in keys]
        return [figure for figure in found if figures.may_read(actor, figure) and period.kind in figure.kinds]

    def title(self, period: Period) -> str:
        """The line under "BÁO CÁO"."""
        return f"{self.about} {said(period)}"


def named(key: str) -> Subject:
    """Raises NotFound."""
    found = next((subject for subject in SUBJECTS if subject.key == key), None)
    if found is None:
        raise NotFound(what="subject", id=key[:40])
    return found


def refuse(found: Iterable[Figure], by_hamlet: Iterable[Figure] = ()) -> None:
    """Raises IncompatibleLayers where figures may not stand in one file (S7).

    Service reports told by commune at the finest count as numbers by commune; by hamlet they are what they are. What
    stands in one table or one paragraph is asked for as strictly as a map is.
    """
    finer = {figure.layer for figure in by_hamlet}
    refuse_clash(
        {REPORT_COUNTS if figure.layer == REPORTS and REPORTS not in finer else figure.layer for figure in found}
    )


def by_hamlet(found: list[Figure]) -> set[str]:
    """Keys of the figures a commune's own report tells by hamlet: service reports not beside faith or ethnicity."""
    alone = clash({figure.layer for figure in found}) is None
    return {figure.key for figure in found if figure.finest == HAMLET and (alone or figure.layer != REPORTS)}


def refuse_beside(found: Iterable[Figure]) -> None:
    """Raises IncompatibleLayers where figures may not stand in one table or one paragraph (S7)."""
    refuse_clash({figure.layer for figure in found})


def said(period: Period) -> str:
    """The period as a title has it: "quý III năm 2026"."""
    n, year = period.number, period.year
    if period.kind == WEEK:
        return f"tuần {n} năm {year} (từ {period.first:%d/%m/%Y} đến {period.last:%d/%m/%Y})"
    words = {
        MONTH: f"tháng {n} năm {year}", QUARTER: f"quý {('I', 'II', 'III', 'IV')[min(n, 4) - 1]} năm {year}",
        HALF: f"6 tháng {('đầu', 'cuối')[min(n, 2) - 1]} năm {year}", NINE: f"9 tháng đầu năm {year}",
        YEAR: f"năm {year}",
    }  # fmt: skip
    return words[period.kind]


@cache
def _headings() -> list[tuple[str, tuple[str, ...]]]:
    """Section headings without their numbers, and the headings of their parts; the annex isn't a section."""
    told = json.loads((DATA / "report_sections.json").read_text(encoding="utf-8"))["sections"]
    return [(one["h"].partition("- ")[2], tuple(one["sub"])) for one in told if "- " in one["h"]]


# Figures of the general report's parts, by section and part from 1.
GENERAL = {
    "1.1": ("hamlets_surveyed", "share_nuoc", "share_dien", "share_duong", "share_truong", "share_y_te"),
    "1.2": ("minority_areas", "minority_poverty", "sites", "sites_unsafe", "sites_with_paper"),
    "1.3": ("projects", "projects_behind", "project_households"),
    "1.4": ("reports", "reports_open", "reports_overdue", "reports_in_time", "report_households"),
    "2.3": ("activities", "activities_put_off", "activity_households"),
    "2.5": ("site_requests", "site_requests_late"),
    "2.6": ("checks", "checks_done"),
    "2.7": ("models_new", "models_kept", "models_recognised", "model_households"),
    "2.8": ("households_paid", "households_moved", "plots_ready"),
}
CUBE = tuple(figure.key for figure in figures.CUBE)


def _general() -> tuple[Section, ...]:
    found = []
    for number, (heading, below) in enumerate(_headings(), start=1):
        keys = {f"{number}.{place}": name for place, name in enumerate(below, start=1)} or {f"{number}.0": ""}
        parts = tuple(Part(key, name, GENERAL.get(key, ())) for key, name in keys.items())
        found.append(Section(heading, parts))
    return tuple(found)


def _thematic(*told: tuple[str, tuple[str, ...]]) -> tuple[Section, ...]:
    """Situation and results by part, then the general outline's last three sections."""
    first = Section("TÌNH HÌNH VÀ KẾT QUẢ", tuple(Part(f"1.{n}", *one) for n, one in enumerate(told, start=1)))
    return (first, *_general()[2:])


SUBJECTS: tuple[Subject, ...] = (
    Subject("general", "Công tác dân vận (chung)", "Kết quả công tác dân vận", _general(), "share_nuoc"),
    Subject(
        "land", "Chuyên đề: bồi thường, tái định cư", "Chuyên đề công tác vận động bồi thường, tái định cư",
        _thematic(
            ("Tiến độ các dự án", ("projects", "projects_behind", "project_households", "households_paid",
                                   "households_moved", "plots_ready")),
            ("Phản ánh, kiến nghị thuộc nhóm hạn chế", CUBE),
        ),
        "projects_behind",
    ),
    Subject(
        "faith", "Chuyên đề: công tác tôn giáo", "Chuyên đề công tác tôn giáo",
        _thematic(
            ("Cơ sở tôn giáo, tín ngưỡng", ("sites", "sites_unsafe", "sites_with_paper")),
            ("Giải quyết đề nghị của cơ sở", ("site_requests", "site_requests_late")),
        ),
        "site_requests",
    ),
    Subject(
        "minority", "Chuyên đề: công tác dân tộc", "Chuyên đề công tác dân tộc",
        _thematic(
            ("Khu vực trong danh sách công bố", ("minority_areas", "minority_poverty")),
            ("Dịch vụ thiết yếu ở thôn", GENERAL["1.1"]),
        ),
        "share_nuoc",
    ),
    Subject(
        "democracy", "Chuyên đề: dân chủ ở cơ sở", "Chuyên đề thực hiện dân chủ ở cơ sở",
        _thematic(("Kiểm tra việc thực hiện dân chủ ở cơ sở", GENERAL["2.6"])), "checks_done",
    ),
    Subject(
        "models", "Chuyên đề: Dân vận khéo", "Chuyên đề phong trào thi đua “Dân vận khéo”",
        _thematic(("Mô hình “Dân vận khéo”", GENERAL["2.7"])), "models_kept",
    ),
    Subject(
        "service", "Chuyên đề: phản ánh, kiến nghị", "Chuyên đề tiếp nhận, trả lời phản ánh, kiến nghị",
        _thematic(
            ("Phản ánh, kiến nghị về dịch vụ", (*GENERAL["1.4"], "reports_overdue_share")),
            ("Phản ánh, kiến nghị thuộc nhóm hạn chế", CUBE),
        ),
        "reports_overdue",
    ),
)  # fmt: skip
