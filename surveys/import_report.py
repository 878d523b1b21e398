"""What came of a file's rows: figures, samples with what changes, and the list of every row that was left out."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, text

from geodata.fields import Field
from surveys import import_sql, showing
from surveys.access import Actor
from surveys.code_lists import Code
from surveys.import_checking import Checked
from surveys.layer import Layer
from surveys.showing import Labels

SAMPLES, MOST_CONFLICTS, MOST_POINTS = 50, 200, 1500
REASONS: dict[str, tuple[str, str]] = {
    "row_ragged": ("số ô không khớp tiêu đề", "not as many cells as the header"),
    "text_undecodable": ("chữ không đúng bảng mã đã chọn", "text isn't in the chosen encoding"),
    "null_island": ("tọa độ 0,0", "coordinates 0,0"),
    "no_place": ("không có vị trí dùng được và không có mã xã", "no usable place and no commune code"),
    "outside": ("nằm ngoài tỉnh", "outside the province"),
    "outside_scope": ("ngoài xã của tài khoản", "outside the account's commune"),
    "shape": ("kiểu hình khác với lớp", "another kind of geometry than the layer's"),
    "far": ("xa nơi ghi trong địa chỉ", "far from the address's commune"),
    "duplicate": ("trùng", "duplicate"),
    "person": ("tên có thông tin về người", "a person's details in the name"),
    "private": ("nhà riêng, điểm nhóm hoặc nhà thờ họ", "a private home or clan hall"),
    "value": ("thiếu hoặc sai giá trị", "a value missing or wrong"),
    "rule": ("trái quy tắc của lớp", "against a rule of the layer"),
    "unknown_id": ("ID không có trong lớp; để trống ID nếu là dòng mới", "the ID isn't in the layer; empty it if new"),
    "same_id": ("ID lặp lại: dòng bị chép; để trống ID nếu là dòng mới", "the ID stands twice; empty it if new"),
    "stamp": ("mã kiểm tra không khớp với ID và phiên bản", "the stamp doesn't belong to this ID and version"),
    "gone": ("bản ghi đã bị xóa sau khi xuất", "the row was removed after the export"),
}
RULES: dict[str, tuple[str, str]] = {
    "clan_hall_ranked": ("nhà thờ dòng họ chỉ nhận khi được xếp hạng di tích", "a clan hall only when ranked heritage"),
    "answered": ("ngày trả lời trước ngày nhận", "answered before received"),
    "published_source": ("cần văn bản công bố kèm tệp", "needs a published document with its file"),
    "no_small_groups": ("không nêu dân tộc rất ít người dưới cấp tỉnh", "very small groups aren't named"),
    "approved": ("số hộ được duyệt lớn hơn số hộ ảnh hưởng", "more households approved than affected"),
    "paid": ("số hộ nhận tiền lớn hơn số hộ được duyệt", "more households paid than approved"),
    "moved": ("số hộ chuyển đến lớn hơn số hộ ảnh hưởng", "more households moved than affected"),
    "plots": ("số lô sẵn sàng lớn hơn tổng số lô", "more plots ready than there are"),
    "money": ("tiền đã chi lớn hơn tiền được duyệt", "more money paid than approved"),
    "done": ("ngày thực hiện trước năm 2000", "done before 2000"),
}
PSEUDO = {"observed_on": "Ngày ghi nhận", "hamlet_id": "Thôn", "geometry": "Vị trí"}

_COUNTS = text(
    "SELECT action, doubts <> '[]' AS doubtful, conflicts <> '[]' AS conflicting, count(*) AS n FROM judged"
    " GROUP BY 1, 2, 3"
)
_DOUBTS = text(
    "SELECT d ->> 0 AS reason, count(DISTINCT n) AS n FROM judged, jsonb_array_elements(doubts) d GROUP BY 1"
)
_FLAGS = text(
    "SELECT f AS flag, count(*) AS n FROM judged, jsonb_array_elements_text(flags) f"
    " WHERE action IN ('create', 'update') AND doubts = '[]' GROUP BY 1"
)
_ROWS = (
    "SELECT j.n, j.id, j.action, coalesce(j.name, '') AS name, j.edited, j.moved, j.conflicts, j.was, j.stands,"
    " j.doubts, u.name AS commune FROM judged j LEFT JOIN units u ON u.id = j.commune_id WHERE {} ORDER BY j.n LIMIT {}"
)
_CHANGED = "action = 'update' AND doubts = '[]'"
_POINTS = text(
    "SELECT round(ST_X(p)::numeric, 5)::float8 AS x, round(ST_Y(p)::numeric, 5)::float8 AS y, kind FROM ("
    " SELECT CASE WHEN ST_Dimension(geom) = 0 THEN geom ELSE ST_PointOnSurface(geom) END AS p,"
    " CASE WHEN doubts <> '[]' THEN 'doubtful' WHEN conflicts <> '[]' THEN 'conflict' ELSE action END AS kind"
    " FROM judged WHERE geom IS NOT NULL AND (action <> 'unchanged' OR doubts <> '[]')"
    " AND n % greatest(1, (SELECT count(*) FROM judged) / :most) = 0) q LIMIT :most"
)


def removed(connection: Connection, actor: Actor, layer: Layer) -> dict[str, Any] | None:
    """Fills the table `removed` with rows that went out in a whole export and didn't come back; about that export.

    None where the rows come from no export, or from several, or one that left rows out: then nothing is missing.
    """
    connection.execute(
        text("CREATE TEMP TABLE removed (id uuid, version int, version_now int, name text) ON COMMIT DROP")
    )
    rows = connection.execute(
        text(
            "SELECT e.id, e.made_at FROM exports e WHERE e.whole AND e.layer = :layer AND e.province_id = :province"
            " AND e.commune_id IS NOT DISTINCT FROM nullif(:commune, 0)"
            " AND e.id IN (SELECT export FROM judged WHERE export IS NOT NULL)"
        ),
        {"layer": layer.key, "province": actor.province_id, "commune": actor.commune_id},
    ).all()
    exports = connection.scalar(text("SELECT count(DISTINCT export) FROM judged WHERE export IS NOT NULL"))
    unread = connection.scalar(text("SELECT count(*) FROM judged WHERE doubts @> '[[\"unknown_id\"]]'"))
    if len(rows) != 1 or exports != 1 or unread:
        return None
    ((id_, made_at),) = rows
    kept_back = " OR ".join(f"coalesce({rule.when}, false)" for rule in layer.withheld if rule.place) or "false"
    connection.execute(
        text(
            f"INSERT INTO removed SELECT f.id, CASE WHEN f.updated_at <= :at THEN f.version ELSE (SELECT min(v.version)"
            f" FROM versions v WHERE v.layer = :layer AND v.id = f.id AND v.replaced_at > :at) END, f.version,"
            f" f.{import_sql.quoted(layer.label)} FROM {layer.key} f WHERE f.province_id = :province"
            f" AND :commune IN (0, f.commune_id) AND f.created_at <= :at AND f.geom IS NOT NULL AND NOT ({kept_back})"
            " AND NOT EXISTS (SELECT FROM judged j WHERE j.id = f.id)"
        ),
        {"at": made_at, "layer": layer.key, "province": actor.province_id, "commune": actor.commune_id},
    )
    return {"id": id_, "made_at": made_at.isoformat()}


def tell(connection: Connection, actor: Actor, layer: Layer, checked: Checked) -> dict[str, Any]:
    """The report as JSON: figures that add up to the rows, columns, samples, points for a map. No person is in it."""
    labels = _labels(connection)
    export = removed(connection, actor, layer)
    return {
        "rows": checked.rows,
        "counts": _counts(connection),
        "doubts": {row.reason: row.n for row in connection.execute(_DOUBTS)},
        "flags": {row.flag: row.n for row in connection.execute(_FLAGS)},
        "columns": [
            {"header": header, "key": field.key, "label": field.label, "label_en": field.label_en}
            for header, field in checked.columns.fields.items()
        ],
        "roles": dict(checked.columns.roles),
        "dropped": [list(pair) for pair in checked.columns.dropped],
        "unused": list(checked.columns.unused),
        "address": (
            {"column": checked.columns.address, "unknown": checked.address_unknown}
            if checked.columns.address and checked.address_unknown is not None
            else None
        ),
        "unmatched": {header: words.most_common(100) for header, words in checked.reader.unmatched.items()},
        "remembered": checked.remembered,
        "export": export,
        "samples": {
            "create": [_told(layer, row, labels) for row in _rows(connection, "action = 'create' AND doubts = '[]'")],
            "update": [
                _told(layer, row, labels)
                for row in _rows(connection, "action = 'update' AND doubts = '[]' AND conflicts = '[]'")
            ],
            "conflict": [
                _told(layer, row, labels)
                for row in _rows(
                    connection, "action = 'update' AND doubts = '[]' AND conflicts <> '[]'", MOST_CONFLICTS
                )
            ],
            "remove": [
                {"name": row.name or "", "changed": row.version != row.version_now}
                for row in connection.execute(text(f"SELECT * FROM removed ORDER BY name, id LIMIT {SAMPLES}"))
            ],
            "doubtful": [
                {
                    "line": row.n,
                    "name": row.name,
                    "why": why(row.doubts),
                    "cells": cells(row.n, row.doubts, checked.letters),
                }
                for row in _rows(connection, "doubts <> '[]'", MOST_CONFLICTS)
            ],
        },
        "points": [[row.x, row.y, row.kind] for row in connection.execute(_POINTS, {"most": MOST_POINTS})],
    }


def why(doubts: list[list[str]], language: int = 0) -> str:
    """The doubts of a row in words; `language` 0 Vietnamese, 1 English."""
    said = []
    for reason, what, *_ in doubts:
        detail = RULES[what][language] if reason == "rule" and what in RULES else what
        said.append(f"{REASONS.get(reason, (reason, reason))[language]}{f' ({detail})' if detail else ''}")
    return "; ".join(said)


def cells(line: int, doubts: list[list[str]], letters: Mapping[str, str]) -> list[str]:
    """The cells of a workbook that a row's doubts are about: B7; none where the doubt is about the whole row."""
    keys = dict.fromkeys(doubt[2] for doubt in doubts if len(doubt) > 2)
    return [f"{letters[key]}{line}" for key in keys if key in letters]


def lines(
    connection: Connection, letters: Mapping[str, str] | None = None, *, every: bool = False
) -> Iterator[tuple[Any, ...]]:
    """Rows that were left out or marked, or `every` one, for the report file under HEADER."""
    which = "true" if every else "doubts <> '[]' OR flags <> '[]'"
    rows = connection.execute(
        text(
            "SELECT n, action, coalesce(name, '') AS name, doubts, flags,"
            " CASE WHEN ST_Dimension(geom) = 0 THEN round(ST_Y(geom)::numeric, 6) END AS lat,"
            " CASE WHEN ST_Dimension(geom) = 0 THEN round(ST_X(geom)::numeric, 6) END AS lon FROM judged"
            f" WHERE {which} ORDER BY n"
        ),
        execution_options={"yield_per": 1000},
    )
    for row in rows:
        verdict = DOUBTFUL if row.doubts else {"create": "mới", "update": "đổi"}.get(row.action, "giữ nguyên")
        named = " ".join(cells(row.n, row.doubts, letters or {}))
        yield row.n, verdict, row.name, row.lat, row.lon, why(row.doubts), ", ".join(row.flags), named


HEADER = ("dong", "ket_luan", "ten", "vi_do", "kinh_do", "ly_do", "luu_y", "o")
DOUBTFUL = "nghi ngờ"


def _counts(connection: Connection) -> dict[str, int]:
    counts = dict.fromkeys(("create", "update", "conflict", "unchanged", "doubtful", "remove", "remove_changed"), 0)
    for row in connection.execute(_COUNTS):
        if row.doubtful:
            counts["doubtful"] += row.n
        else:
            counts["conflict" if row.conflicting and row.action == "update" else row.action] += row.n
    gone = connection.execute(
        text("SELECT count(*) AS n, count(*) FILTER (WHERE version <> version_now) AS changed FROM removed")
    ).one()
    return counts | {"remove": gone.n, "remove_changed": gone.changed}


def _rows(connection: Connection, which: str, most: int = SAMPLES) -> list[Row[Any]]:
    return list(connection.execute(text(_ROWS.format(which, most))))


def _told(layer: Layer, row: Row[Any], labels: Labels) -> dict[str, Any]:
    told: dict[str, Any] = {
        "line": row.n, "name": _shown(layer, layer.label, row.name, labels), "commune": row.commune or "",
    }  # fmt: skip
    if row.action == "create":
        return told
    return told | {
        "id": str(row.id),
        "moved": None if row.moved is None else round(row.moved, 2),
        "changes": [
            {
                "key": key,
                "label": label(layer, key),
                "was": _shown(layer, key, (row.was or {}).get(key), labels),
                "now": _shown(layer, key, row.stands.get(key), labels) if row.stands and key in row.conflicts else None,
                "sent": _shown(layer, key, value, labels),
                "conflict": key in row.conflicts,
            }
            for key, value in row.edited.items()
        ],
        "place_conflict": "geometry" in row.conflicts,
    }


def label(layer: Layer, key: str) -> str:
    """A field's label, or that of what stands beside the fields."""
    return PSEUDO[key] if key in PSEUDO else layer.field(key).label


def _shown(layer: Layer, key: str, value: Any, labels: Labels) -> str:
    if key in PSEUDO:
        return showing.day(value) if key == "observed_on" and value else str(value or showing.EMPTY)
    field: Field = layer.field(key)
    return showing.shown(field, value, labels)


def _labels(connection: Connection) -> Labels:
    rows = connection.execute(
        text("SELECT list, code, label_vi FROM code_lists ORDER BY valid_from").columns(
            Code.list, Code.code, Code.label_vi
        )
    )
    return {(list_, code): said for list_, code, said in rows}
