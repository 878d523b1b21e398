"""An attack on the restricted figures: all that is published, given to integer programming; no hidden cell is pinned.

The attacker reads every answer of the figures' addresses for four quarters, as leader, and the Word files of reports of
the province and of communes, and writes each as an equation over the unknown cells (commune × quarter × group): a shown
cell is its number, a hidden one is 1 to 4, a change is the difference of two cells, and a total that is more than its
shown cells is the sum of the hidden ones too. A cell is pinned where the least and the greatest number it can have are
the same.
"""

import csv
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from sqlalchemy import create_engine, text

from app import create_app, personal_tokens
from app.config import Config
from surveys import figures, periods
from tests.province import TODAY, Province
from tests.safeguards import cube_reports

QUARTERS = ("2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3")
OTHERS = ("2026-08", "2026-H2", "2026", "2026-R2", "2026-Q4")
CUBE = [figure.key for figure in figures.CATALOGUE if figure.restricted]
HIDDEN, MOST_HIDDEN = "ẩn", 4
Name = tuple[int, str, str]  # commune, quarter, figure


@dataclass
class Known:
    """What an attacker knows: bounds of each cell, and sums of cells."""

    cells: dict[Name, tuple[int, int]] = field(default_factory=dict)
    sums: list[tuple[list[Name], int]] = field(default_factory=list)
    changes: list[tuple[Name, Name, int]] = field(default_factory=list)  # so much more in the first than in the second

    def hidden(self) -> list[Name]:
        return [name for name, (low, high) in self.cells.items() if low < high]

    def pinned(self, most: int = 400) -> list[Name]:
        """Hidden cells that can have but one value; by integer programming where a sum tells of them."""
        index = {name: number for number, name in enumerate(self.cells)}
        low, high = (np.array([bounds[side] for bounds in self.cells.values()]) for side in (0, 1))
        every = [(dict.fromkeys(names, 1), total) for names, total in self.sums]
        every += [({first: 1, second: -1}, by) for first, second, by in self.changes]
        useful = [
            (terms, total) for terms, total in every if any(self.cells[name][0] < self.cells[name][1] for name in terms)
        ]
        if not useful:
            return []
        rows, columns, signs = zip(
            *[(row, index[name], sign) for row, (terms, _) in enumerate(useful) for name, sign in terms.items()],
            strict=True,
        )
        matrix = csr_array((np.array(signs), (rows, columns)), shape=(len(useful), len(index)))
        totals = np.array([total for _, total in useful])
        constraint = LinearConstraint(matrix, totals, totals)
        told = {name for terms, _ in useful for name in terms}
        found = []
        for name in [name for name in self.hidden() if name in told][:most]:
            goal = np.zeros(len(index))
            goal[index[name]] = 1
            ends = [
                milp(sign * goal, integrality=np.ones(len(index)), bounds=Bounds(low, high), constraints=constraint)
                for sign in (1, -1)
            ]
            assert all(end.success for end in ends), "the equations contradict each other"
            if round(ends[0].x[index[name]]) == round(ends[1].x[index[name]]):
                found.append(name)
        return found


@pytest.fixture(scope="module")
def client(cluster: Config, province: Province) -> Iterator[FlaskClient]:
    """A leader's machine on the demo province."""
    web = create_app(cluster, province.urls)
    with province.engine.begin() as connection:
        account = connection.scalar(text("SELECT id FROM accounts WHERE username = 'lanhdao'"))
        token = personal_tokens.create(connection, account, "attack")
    made = web.test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    yield made
    for pool in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
        web.extensions[pool].dispose()


@pytest.fixture(scope="module")
def known(client: FlaskClient, province: Province, tmp_path_factory: pytest.TempPathFactory) -> Known:
    """Everything the figures' addresses and the reports' files tell of four quarters."""
    found = Known()
    for key in CUBE:
        for quarter in QUARTERS:
            _learn(client, found, key, quarter)
        _side_by_side(client, found, key)
    assert len(found.cells) == 124 * len(QUARTERS) * len(CUBE)
    _reports(found, province, tmp_path_factory.mktemp("attack"))
    return found


def _learn(client: FlaskClient, found: Known, key: str, quarter: str) -> None:
    query = f"figure={key}&period={quarter}&layers="
    painted = client.get(f"/map/figure?{query}").json
    names = []
    for unit, told in painted["units"].items():
        name = (int(unit), quarter, key)
        names.append(name)
        shown = None if told.get("m") else int(told["t"].replace(".", ""))
        found.cells[name] = (1, MOST_HIDDEN) if shown is None else (shown, shown)
    _total(found, names, painted["total"])
    # The table and the file tell the same cells; whatever else they add up is an equation too.
    table = client.get(f"/map/table?{query}").text
    (total,) = re.findall(r"<dt>Cộng</dt><dd>([\d.–]+)", table)
    _total(found, names, total)
    sheet = list(csv.reader(client.get(f"/map/table.csv?{query}").text.splitlines()))[1:]
    assert len(sheet) == len(names)
    assert sum(HIDDEN in line for line in sheet) == sum(low < high for low, high in map(found.cells.get, names))
    before = periods.named(quarter).before.code
    shown = re.findall(r'data-unit="(\d+)">[^<]*</a></th>\s*<td[^>]*>[^<]*</td>\s*<td[^>]*data-value="([^"]*)"', table)
    assert len(shown) == len(names)
    for unit, change in shown if before in QUARTERS else ():
        if change:
            found.changes.append(((int(unit), quarter, key), (int(unit), before, key), round(float(change))))
    for level in ("commune", "district", "province"):
        _old_units(client, found, f"{query}&old={level}", quarter, key)


def _old_units(client: FlaskClient, found: Known, query: str, quarter: str, key: str) -> None:
    """An old unit's figure is the sum of the communes it is painted on."""
    painted = client.get(f"/map/figure?{query}").json
    table = client.get(f"/map/table?{query}").text
    rows = re.findall(r'<th scope="row">([^<]*)</th>\s*<td class="n[^"]*" data-value="([^"]*)">', table)
    said = [float(value) for _, value in rows if value]
    assert len(rows) > 1
    communes = [(int(unit), quarter, key) for unit, told in painted["units"].items() if told.get("m") != "mixed"]
    if said:
        _total(found, communes, str(int(sum(said))))


def _side_by_side(client: FlaskClient, found: Known, key: str) -> None:
    """Two quarters beside each other, and all four as small maps."""
    pairs = itertools.pairwise(QUARTERS)
    for first, second in pairs:
        query = f"figure={key}&period={first}&layers=&r.figure={key}&r.period={second}&r.layers="
        both = client.get(f"/map/compare/figures?{query}").json
        for painted, quarter in zip((both["left"], both["right"]), (first, second), strict=True):
            _painted(found, painted, key, quarter)
    maps = client.get(f"/map/multiples/figures?figure={key}&period={QUARTERS[-1]}&layers=&n={len(QUARTERS)}").json
    for painted, quarter in zip(maps, QUARTERS, strict=True):
        _painted(found, painted, key, quarter)


def _painted(found: Known, painted: dict[str, Any], key: str, quarter: str) -> None:
    names = [(int(unit), quarter, key) for unit in painted["units"]]
    for name, told in zip(names, painted["units"].values(), strict=True):
        if not told.get("m"):
            found.sums.append(([name], int(told["t"].replace(".", ""))))
    _total(found, names, painted["total"])


def _reports(found: Known, province: Province, folder: Path) -> None:
    """The province's reports of each quarter, and those of two communes with hidden cells."""
    ids, hidden = _communes(province), dict.fromkeys(name[0] for name in found.hidden())
    asked = [("land", quarter, 0) for quarter in QUARTERS] + [("service", QUARTERS[-1], 0)]
    asked += [("land", quarter, commune) for commune in list(hidden)[:2] for quarter in QUARTERS]
    engine = create_engine(province.urls.web)
    told = 0
    for subject, quarter, commune in asked:
        actor = cube_reports.officer(province.engine, commune)
        place = next((name for name, id_ in ids.items() if id_ == commune), cube_reports.PROVINCE)
        for one in cube_reports.read(engine, actor, subject, quarter, place, TODAY, folder):
            if one.quarter not in QUARTERS or not re.fullmatch(r"[\d.]+", one.said):
                continue
            told += 1
            number = int(one.said.replace(".", ""))
            if one.unit or commune:
                found.sums.append(([(ids[one.unit] if one.unit else commune, one.quarter, one.key)], number))
            else:
                _total(found, [name for name in found.cells if name[1:] == (one.quarter, one.key)], one.said)
    engine.dispose()
    assert told > 1000


def _communes(province: Province) -> dict[str, int]:
    with province.engine.connect() as connection:
        rows = connection.execute(text("SELECT id, kind, name FROM units WHERE level = 3 AND valid_to IS NULL"))
        return {f"{row.kind.capitalize()} {row.name}": row.id for row in rows}


def _total(found: Known, names: list[Name], said: str) -> None:
    """Beyond its shown cells a total tells of the hidden ones: the attacker takes it at its word where it is more."""
    if said == "–":
        return
    total = int(said.replace(".", ""))
    shown = sum(found.cells[name][0] for name in names if found.cells[name][0] == found.cells[name][1])
    assert total >= shown
    if total > shown:
        found.sums.append((names, total))


def test_no_restricted_cell_is_pinned(known: Known) -> None:
    assert len(known.hidden()) > 50
    assert known.pinned() == []


def test_the_attack_would_find_a_leak(known: Known, province: Province) -> None:
    """With true totals in place of the published ones the same attack pins cells: it isn't blind."""
    with province.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT commune_id, date_trunc('quarter', created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS q,"
                " category, count(*) AS n FROM restricted_reports GROUP BY 1, 2, 3"
            )
        ).all()
    true = {(r.commune_id, f"{r.q.year}-Q{(r.q.month + 2) // 3}", f"restricted_{r.category}"): r.n for r in rows}
    leaked = Known(dict(known.cells), list(known.sums), list(known.changes))
    for key in CUBE:
        for quarter in QUARTERS:
            names = [name for name in known.cells if name[1:] == (quarter, key)]
            leaked.sums.append((names, sum(true.get(name, 0) for name in names)))
    found = leaked.pinned(most=60)
    assert found
    assert all(1 <= true[name] <= MOST_HIDDEN for name in found)


def test_nothing_else_tells_restricted_figures(client: FlaskClient) -> None:
    """Not for a month, half-year, year, round or open quarter; not by hamlets; not filtered; not with a change."""
    unit = next(iter(client.get(f"/map/figure?figure={CUBE[0]}&period={QUARTERS[0]}&layers=").json["units"]))
    for key in CUBE:
        for period in OTHERS:
            answer = client.get(
                f"/map/figure?figure={key}&period={period}&layers=", headers={"Accept": "application/json"}
            )
            if period == "2026-Q4":
                assert {told.get("m") for told in answer.json["units"].values()} == {"none"}
            else:
                assert (answer.status_code, answer.json["code"]) == (422, "figure_too_fine"), period
        of_commune = client.get(f"/map/figure?figure={key}&period={QUARTERS[0]}&layers=&unit={unit}").json
        assert len(of_commune["units"]) == 124  # the cube, whole: no commune alone and no hamlet
        answer = client.get(f"/map/figure?figure={key}&period={QUARTERS[0]}&layers=&area=kv1")
        assert answer.status_code == 403
    for path in ("/map/attention", "/map/business", f"/map/place/{unit}/profile"):
        page = client.get(path).text
        for figure in figures.CATALOGUE:
            assert not (figure.restricted and figure.title in page), path
