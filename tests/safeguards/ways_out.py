"""Every way out of the system: each address that can be read, with whatever values its parameters can take."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

from app.routes.tiles import PUBLIC
from surveys import case_indicators, figures, open_business
from surveys.layers import CATALOGUE, REPORT_COUNTS
from tests.geodata import mvt
from tests.safeguards.system import System
from tests.world import KNOWN

ZOOMS = (5, 9, 12, 13, 14, 17, 20)
UNITS = (KNOWN.province, KNOWN.communes[0], KNOWN.hamlets[0], KNOWN.other_commune)
KEYS = (*(layer.key for layer in CATALOGUE), *PUBLIC, REPORT_COUNTS)
REASON = "Trả lời đơn vị"


@dataclass(frozen=True)
class Answer:
    """What one address gave."""

    path: str
    status: int
    data: bytes

    @property
    def parts(self) -> list[bytes]:
        """The bytes, and for an archive also those of its files."""
        if not self.data.startswith(b"PK\x03\x04"):
            return [self.data]
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            return [self.data, *(archive.read(name) for name in archive.namelist())]

    @property
    def text(self) -> str:
        """The parts as text; what isn't text stays recognisable byte by byte."""
        return "\n".join(part.decode("utf-8", "backslashreplace") for part in self.parts)


def addresses(system: System, lon: float, lat: float, names: tuple[str, ...] = ("photo.jpg",)) -> list[str]:
    """All of them, around a place; `names` are those of attached files. A route nobody gave values for is an error."""
    known = _values(system, lon, lat, names)
    found: list[str] = []
    with system.web.test_request_context():
        for rule in system.web.url_map.iter_rules():
            if "GET" not in (rule.methods or ()):
                continue
            assert rule.endpoint in known or not rule.arguments, f"no values for {rule}"
            for values in known.get(rule.endpoint, [{}]):
                found.append(system.web.url_for(rule.endpoint, **values))  # noqa: PERF401 - reads better so
    return found


def answers(client: FlaskClient, paths: list[str]) -> Iterator[Answer]:
    """What somebody gets at each address."""
    for path in paths:
        given = client.get(path, headers={"Accept": "text/html,application/json"}, buffered=True)
        yield Answer(path, given.status_code, given.data)


def opened(client: FlaskClient, paths: list[str], reason: str = REASON) -> Iterator[Answer]:
    """What somebody gets who says at each address why it is to be opened."""
    for path in paths:
        given = client.post(path, data={"decision": "open", "reason": reason}, headers={"Accept": "text/html"})
        yield Answer(path, given.status_code, given.data)


def _values(system: System, lon: float, lat: float, names: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    forms = [{"form_id": r.form_id, "version": r.version} for r in system.rows("SELECT form_id, version FROM forms")]
    lists = [{**form, "name": name, "h": md5} for form in forms[:1] for name, md5 in _lists(system, form)]
    found = system.rows("SELECT id FROM proposals UNION SELECT feature_id FROM proposals")
    ids = [row.id for row in found]
    hashes = system.rows("SELECT encode(sha256_received, 'hex'), encode(sha256_kept, 'hex') FROM attachments")
    sent = [row.instance_id for row in system.rows("SELECT instance_id FROM submissions")]
    at = [{"z": z, "x": x, "y": y} for z in ZOOMS for x, y in [mvt.at(lon, lat, z)]]
    # Beside the place, not on it: what is asked for may well come back.
    near = {"lon": round(lon + 0.0041, 3), "lat": round(lat - 0.0041, 3)}
    every = ",".join(layer.key for layer in CATALOGUE)
    made = [{"id_": row.id} for row in system.rows("SELECT id FROM jobs")]
    brought = [{"id_": row.id} for row in system.rows("SELECT id FROM imports")]
    programmes = [{"programme_id": row.id} for row in system.rows("SELECT id FROM programmes")]
    briefings = [{"briefing_id": row.id} for row in system.rows("SELECT id FROM briefings")]
    reports = [{"report_id": row.id} for row in system.rows("SELECT id FROM reports")]
    listed = [{"list_id": row.id} for row in system.rows("SELECT id FROM area_lists")]
    return {
        "assets.static": [{"filename": "css/office.css"}],
        "language.choose": [{"chosen": "vi"}],
        "openrosa.form_list": [{}, {"commune": KNOWN.communes[0]}],
        "openrosa.form": forms,
        "openrosa.manifest": [*forms, *({**form, "commune": KNOWN.communes[0]} for form in forms[:1])],
        "openrosa.unit_list": lists,
        "cases.one": [{"id_": id_} for id_ in ids],
        "restricted_cases.index": [{}, {"list": "answered"}, {"list": "closed"}],
        "restricted_cases.ask": [{"id_": id_, **more} for id_ in ids for more in ({}, {"reason": REASON})],
        "case_figures.page": [{"by": key} for key in case_indicators.BY],
        "case_figures.file": [{"kind": kind, "by": key} for kind in ("csv", "xlsx") for key in case_indicators.BY],
        "activities.one": [{"activity_id": row.id} for row in system.rows("SELECT id FROM joint_activities")],
        "site_requests.one": [{"site_id": row.id} for row in system.rows("SELECT id FROM religious_sites")],
        **dict.fromkeys(("area_lists.one", "area_lists.document"), listed),
        "models.one": [{"model_id": row.id} for row in system.rows("SELECT id FROM community_models")],
        "checks.one": [{"check_id": row.id} for row in system.rows("SELECT id FROM democracy_checks")],
        "resettlement.one": [{"project_id": row.id} for row in system.rows("SELECT id FROM resettlement_projects")],
        "own_records.returned": [{"instance_id": i} for i in sent],
        "own_records.file": [
            {"instance_id": i, "digest": digest} for i in sent for row in hashes for digest in row if digest
        ],
        "review.index": [{}, *({"layer": key} for key in (*KEYS, "restricted_reports"))],
        "review.one": [{"id_": id_, **more} for id_ in ids for more in ({}, {"reason": REASON})],
        "withdrawals.one": [
            {"withdrawal_id": row.id} for row in system.rows("SELECT id FROM withdrawals UNION ALL SELECT 1")
        ],
        "admin_bulk.one": [{"job_id": one["id_"]} for one in made],
        "review.photo": [{"id_": id_, "name": name} for id_ in ids for name in names],
        "photo_blur.page": [{"id_": id_, "name": name} for id_ in ids for name in names],
        "media.photo": [{"digest": digest} for row in hashes for digest in row if digest],
        "field_places.nearby": [{"form_id": form["form_id"]} for form in forms],
        "imports.template": [{"layer": layer.key} for layer in CATALOGUE],
        "forms.template": [{"layer": layer.key} for layer in CATALOGUE],
        "forms.one": forms,
        "forms.source": forms,
        "forms.answers": forms,
        "forms.xform": forms,
        "form_trials.page": forms,
        "form_trials.form": forms,
        "form_trials.file": [{**form, "name": "hamlets.csv"} for form in forms[:1]],
        "visits.one": [{"layer_key": key} for key in (*KEYS, "restricted_reports")],
        "tiles.tile": [{"layers": key, **tile} for key in KEYS for tile in at],
        "tiles.tilejson": [{"layers": key} for key in (*KEYS, "restricted_reports", "restricted_figures")],
        "map.show": [{}, {"layers": every}],
        "map.script": [{}, {"layers": every}],
        "map.place": [{"unit_id": u, **more} for u in UNITS for more in ({}, {"part": 1, "layers": every})],
        "map_figures.figure": _figures(every),
        "map_figures.table": _figures(every),
        "map_figures.file": [{"kind": kind, **one} for kind in ("csv", "xlsx") for one in _figures("")[:12]],
        "map_profile.page": [{"unit_id": u} for u in UNITS],
        "map_records.page": [{"unit_id": u, "layer": key} for u in UNITS[:2] for key in (*KEYS, "restricted_reports")],
        "map_business.business": [{"of": key} for key in open_business.SUBJECTS],
        "map_compare.compare": [{}, {"layers": "", "figure": "sites"}, {"layers": "religious_sites,minority_areas"}],
        "map_compare.script": [{}, {"layers": every}],
        "map_compare.figures": [{}, {"figure": "sites", "layers": ""}],
        "map_compare.multiples": [{"figure": "reports", "layers": "", "n": 12}],
        "map_compare.multiples_figures": [{"figure": "reports", "layers": "", "n": 12}],
        "map_ask.ask": [{"figure": "no_nuoc", "layers": "", "area": "kv1"}, {"figure": "reports", "area": "kv1"}],
        "map_ask.painted": [{"figure": "no_nuoc", "layers": "", "area": "kv1"}],
        "map_ask.file": [{"kind": kind, "figure": "no_nuoc", "layers": ""} for kind in ("csv", "xlsx")],
        "map_spot.spot": [
            {"layer": key, "z": z, "cell": cell, **near} for key in KEYS for z, cell in ((9, 128), (14, 0))
        ],
        "exchange.file": made,
        **dict.fromkeys(("imports.one", "imports.progress", "imports.report", "imports_api.one"), brought),
        **dict.fromkeys(("import_review.one", "import_review.progress"), brought),
        "copies.file": made,
        "copies.index": [
            {},
            *({"briefing": one["briefing_id"]} for one in briefings),
            *({"layers": key} for key in KEYS),
        ],
        "programmes.one": programmes,
        "briefings.one": briefings,
        "briefings.save_form": [{}, {"layers": every}],
        "briefing_show.page": briefings,
        "briefing_show.pages": briefings,
        **dict.fromkeys(("reports.one", "reports.progress", "reports.changes"), reports),
        "reports.file": made,
        "reports.communes": [{}, {"subject": "land"}, {"period": "2026-W36"}],
        "basemap.tile": [{"version": "0", "z": 9, "x": 1, "y": 1}],
        "units.job": made,
        "units.one": [{"id_": row.id} for row in system.rows("SELECT id FROM reforms")],
        "qgis.project": [{}, {"layers": "situation_reports"}, *({"layers": key} for key in KEYS), {"layers": every}],
        "api.job": made,
        "ogc.collection": [{"key": key} for key in (*KEYS, "restricted_reports")],
        "ogc.queryables": [{"key": key} for key in (*KEYS, "restricted_reports")],
        "ogc.items": [
            {"key": key, **more}
            for key in (*KEYS, "restricted_reports")
            for more in (
                {"limit": 10_000},
                {"bbox": f"{near['lon'] - 0.1},{near['lat'] - 0.1},{near['lon'] + 0.1},{near['lat'] + 0.1}"},
                {"filter": "observed_on > DATE('2000-01-01')"},
            )
        ],
        "ogc.item": [{"key": key, "id_": id_} for key in (*KEYS, "restricted_reports") for id_ in ids],
    }


def _figures(every: str) -> list[dict[str, Any]]:
    """Each figure of the province, of a commune, in old units, and beside all layers."""
    keys = [figure.key for figure in figures.CATALOGUE]
    asked = [{"figure": key, "unit": unit, "layers": ""} for key in keys for unit in UNITS[:3]]
    more = [{"figure": key, "old": "district", "layers": ""} for key in keys[:3]]
    return [*asked, *more, *({"figure": key, "layers": every} for key in keys if every)]


def _lists(system: System, form: dict[str, str]) -> list[tuple[str, str]]:
    """The unit lists of a field officer's form, with their hashes."""
    page = system.client("field").get(f"/openrosa/forms/{form['form_id']}/{form['version']}/manifest").text
    entries = page.split("<mediaFile>")[1:]
    return [
        (entry.split("<filename>")[1].split("<")[0], entry.split("<hash>md5:")[1].split("<")[0]) for entry in entries
    ]
