"""Out as a file, edited elsewhere, back: the difference is exact, applied by a second person, and taken back whole."""

import random
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas
import pytest
import shapely
from sqlalchemy import Engine, insert, text

from app import exporting
from app.roles import Urls
from surveys.import_applying import EVERY
from surveys.layers import named
from surveys.merging import KEPT, SENT, Undecided
from surveys.selections import Selection
from tests.rows import feature
from tests.surveys.import_acts import Acts, stored
from tests.world import KNOWN, World

LAYER = named("hamlet_profiles")
MANY = 10_000


@pytest.fixture
def filled(worker: Engine, world: World) -> Iterator[None]:
    """Ten thousand hamlets of three communes: odd numbers, long texts, small counts, gaps, places to the bit."""
    rnd = random.Random(7)
    rows = []
    for n in range(MANY):
        commune = rnd.choice(world.communes)
        west = 108.0 + 0.1 * (commune - 11)
        x, y = west + rnd.uniform(0.001, 0.099), 11.9 + rnd.uniform(0.001, 0.099)
        rows.append(
            feature(LAYER, commune) | {
                "id": uuid.UUID(int=rnd.getrandbits(128)), "geom": f"SRID=4326;POINT({x!r} {y!r})",
                "name": f"Thôn {n} Đắk Lắk" + (" rất dài" * 60 if n % 100 == 0 else ""),
                "households": rnd.choice([None, 3, 17, 40, 250]), "duong_km": rnd.choice([None, 0.1 + n / 300, 12.5]),
                "hazards": rnd.choice([None, ["ngap"], ["chay", "ngap"]]),
                "meeting_house": rnd.choice([None, True, False]),
            }
        )  # fmt: skip
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM hamlet_profiles"))
        connection.execute(insert(LAYER.table), rows)
    yield
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM hamlet_profiles"))


@pytest.fixture
def exported(urls: Urls, filled: None, tmp_path: Path) -> Path:
    actor = KNOWN.actor("gis")
    out = tmp_path / "ra.zip"
    exporting.export(urls, actor, Selection((LAYER.key,)), "Gửi đi sửa", lambda _: out, lambda _d, _t: None)
    return out


@pytest.fixture
def acts(web: Engine, worker: Engine, tmp_path: Path) -> Callable[[], Acts]:
    return lambda: Acts(web, worker, tmp_path)


def saved(frame: geopandas.GeoDataFrame, folder: Path) -> Path:
    """As QGIS would save it again: GeoPackage, in the same system."""
    path = folder / "ve.gpkg"
    frame.to_file(path, driver="GPKG")
    return path


def edits(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """200 edited (half moved 25 m), 50 of which others edit too; 30 added, 20 taken out."""
    frame = frame.sort_values("ID").reset_index(drop=True)
    for i in range(200):
        frame.loc[i, "TEN"] = f"Thôn sửa {i}"
        if i % 2:
            point = frame.geometry[i]
            frame.loc[i, "geometry"] = shapely.Point(point.x + 15, point.y + 20)
    added = frame.iloc[300:330].copy()
    for column in ("ID", "PHIEN_BAN", "MA_KT", "DOT_XUAT"):
        added[column] = None
    added["TEN"] = [f"Thôn mới {i}" for i in range(30)]
    added["geometry"] = [shapely.Point(p.x + 3, p.y + 3) for p in added.geometry]
    kept = frame.drop(index=range(400, 420))
    return geopandas.GeoDataFrame(geopandas.pd.concat([kept, added], ignore_index=True), crs=frame.crs)


def others_edit(worker: Engine, ids: list[str]) -> None:
    """What the office does meanwhile: another name for fifty of them, and more households for ten it doesn't rename."""
    with worker.begin() as connection:
        connection.execute(
            text(
                "UPDATE hamlet_profiles SET name = 'Thôn khác ' || left(id::text, 4)"
                " WHERE id = ANY(cast(:ids AS uuid[]))"
            ),
            {"ids": ids[:50]},
        )
        connection.execute(
            text("UPDATE hamlet_profiles SET households = 77 WHERE id = ANY(cast(:ids AS uuid[]))"), {"ids": ids[50:60]}
        )


def test_ten_thousand_out_and_back(exported: Path, acts: Callable[[], Acts], worker: Engine, tmp_path: Path) -> None:
    frame = geopandas.read_file(f"zip://{exported}")
    assert len(frame) == MANY
    back = edits(frame)
    others_edit(worker, list(back["ID"][:200]))
    before = stored(worker, LAYER.key)

    import_ = acts().uploads(LAYER.key, saved(back, tmp_path))
    report = import_.looks()
    assert report["doubts"] == {}, report["samples"]["doubtful"][:3]
    assert report["rows"] == MANY + 10
    assert report["counts"] == {
        "create": 30, "update": 150, "conflict": 50, "unchanged": MANY - 220, "doubtful": 0, "remove": 20,
        "remove_changed": 0,
    }  # fmt: skip
    assert [one["moved"] for one in report["samples"]["update"] if one["moved"] is not None] == pytest.approx(
        [25.0] * 25, abs=0.1
    )
    conflict = report["samples"]["conflict"][0]
    (change,) = conflict["changes"]
    assert change["conflict"]
    assert (change["key"], change["now"][:9], change["sent"][:8]) == ("name", "Thôn khác", "Thôn sửa")

    told = import_.confirms(remove=True)
    assert told["proposed"] == 250
    assert stored(worker, LAYER.key) == before  # nothing yet
    with pytest.raises(Undecided):
        import_.approves()
    first = conflict["id"]
    assert import_.approves(picks={first: {"name": SENT}, EVERY: KEPT}) == {
        "removed": 20, "changed": 150 + 1 + 25 - (1 if conflict["moved"] is not None else 0), "created": 30, "left": 0,
    }  # fmt: skip
    after = stored(worker, LAYER.key)
    assert len(after) == MANY + 10
    by_id = back.dropna(subset=["ID"]).set_index("ID")
    assert sum("Thôn sửa" in row for row, _ in after.values()) == 151
    assert sum("Thôn khác" in row for row, _ in after.values()) == 49
    # Whoever touched another field of the same row keeps it.
    assert sum('"households": 77' in row for row, _ in after.values()) == 10
    changed = {id_ for id_ in before if after.get(id_) != before[id_]}
    assert len(changed - set(by_id.index)) == 20
    with worker.connect() as connection:
        communes = connection.scalar(
            text("SELECT count(*) FROM hamlet_profiles f WHERE f.commune_id <> unit_at(f.geom, 3)")
        )
    assert communes == 0

    assert {key: value for key, value in import_.undoes().items() if key != "names"} == {
        "removed": 30, "changed": 176 - (1 if conflict["moved"] is not None else 0), "restored": 20, "left": 0,
    }  # fmt: skip
    assert stored(worker, LAYER.key) == before
