"""Which columns of a table feed which fields of a layer, and their cells; columns about persons are dropped (S1)."""

import datetime as dt
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as its
from typing import Any

from geodata import coordinates
from geodata.fields import Field
from geodata.problems import InvalidValue
from surveys import screening, wall_clock
from surveys.addresses import bare
from surveys.export_columns import Codes
from surveys.layer import Layer

NAMES = {"name", "ten", "tencoso", "placename", "tendiadiem", "sitename", "title"}
ADDRESSES = {"address", "addresstext", "diachi", "diachicoso", "noio", "location"}
YES, NO = {"co", "c", "yes", "true", "1", "x"}, {"khong", "k", "no", "false", "0"}
# What our own exports put beside a layer's fields, by their bare names; what isn't here of it says nothing new.
ROLES = {
    "id": "id", "phienban": "version", "makt": "stamp", "dotxuat": "export", "ngaygn": "observed_on",
    "ngayghinhan": "observed_on", "observedon": "observed_on", "maxa": "commune", "commune": "commune",
    "mathon": "hamlet", "hamlet": "hamlet", "tenxa": "told", "tenthon": "told", "xuatxu": "told", "cqtraloi": "told",
}  # fmt: skip
LONGEST_DBF = 10
ISO_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]")


@dataclass(frozen=True)
class Columns:
    """Header → field; the address is only compared with the place; `dropped` with the reason, `unused` without.

    `roles`: header → what else it tells of a row (id, version, stamp, export, observed_on, commune, hamlet, told).
    """

    fields: Mapping[str, Field]
    address: str | None
    dropped: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]
    roles: Mapping[str, str] = its(default_factory=dict)

    def role(self, name: str) -> str | None:
        """The header that has this role."""
        return next((header for header, role in self.roles.items() if role == name), None)


def match(
    layer: Layer,
    headers: Sequence[str],
    samples: Mapping[str, list[str]],
    places: frozenset[str],
    chosen: Mapping[str, str] | None = None,
) -> Columns:
    """`samples`: some values of each column; `places`: the columns of coordinates.

    `chosen`: header → key of a field, or "" for a column that isn't to be taken; a person's column stays dropped.
    """
    known = {bare(said): field for field in layer.fields for said in (field.label, field.dbf, field.key)}
    names = NAMES if layer.label == "name" else set()
    own = {field.key: field for field in layer.fields}
    fields: dict[str, Field] = {}
    roles: dict[str, str] = {}
    address, dropped, unused = None, [], []
    for header in headers:
        key = bare(header)
        wanted = (chosen or {}).get(header)
        found = layer.field(layer.label) if key in names else known.get(key) or _cut(key, header, known)
        if header in places:
            continue
        if wanted is not None and (found is None or wanted != found.key):
            if verdict := screening.column(header, samples.get(header, [])):
                dropped.append((header, verdict.sentence))
                continue
            found = own.get(wanted)
        if found is not None and found not in fields.values() and found.kind != "document":
            fields[header] = found
        elif wanted is None and key in ROLES and (ROLES[key] not in roles.values() or ROLES[key] == "told"):
            roles[header] = ROLES[key]
        elif wanted is None and key in ADDRESSES and address is None:
            address = header
        elif verdict := screening.column(header, samples.get(header, [])):
            dropped.append((header, verdict.sentence))
        else:
            unused.append(header)
    return Columns(fields, address, tuple(dropped), tuple(unused), roles)


def _cut(key: str, header: str, known: Mapping[str, Field]) -> Field | None:
    """The one field whose name a DBF cut at ten letters."""
    if len(header) != LONGEST_DBF or len(key) < LONGEST_DBF - 3:
        return None
    found = {field.key: field for said, field in known.items() if said.startswith(key)}
    return next(iter(found.values())) if len(found) == 1 else None


def value(field: Field, cell: Any, codes: Codes, given: Mapping[str, str] | None = None) -> Any:
    """A cell as a file holds it (text, number, true or false, None) as the JSON value of a proposal.

    `given`: bare text → code, as a person matched it. Raises InvalidValue.
    """
    if cell is None:
        return None
    if isinstance(cell, bool):
        return cell if field.kind == "boolean" else read(field, "1" if cell else "0", codes)
    if isinstance(cell, (int, float)):
        if field.kind in ("integer", "money", "decimal"):
            return _within(field, float(cell) if field.kind == "decimal" else cell, str(cell))
        cell = str(int(cell)) if cell == int(cell) else str(cell)
    if field.kind == "date" and ISO_MOMENT.match(cell):
        cell = cell[:10]
    if given and field.kind in ("choice", "choices") and bare(cell) in given:
        code = _code(field, given[bare(cell)], codes)
        return [code] if field.kind == "choices" else code
    return read(field, cell, codes)


def read(field: Field, cell: str, codes: Codes) -> Any:
    """A cell as the JSON value of a proposal; None for an empty one. Raises InvalidValue."""
    cell = " ".join(cell.split())
    if not cell:
        return None
    match field.kind:
        case "choice":
            return _code(field, cell, codes)
        case "choices":
            return list(_codes(field, cell, codes))
        case "integer" | "money" | "decimal":
            return _number(field, cell)
        case "date":
            found = day(field.label, cell)
            if not field.future and dt.date.fromisoformat(found) > wall_clock.today():
                raise InvalidValue(field=field.label, value=cell[:40], reason="ngày chưa đến")
            return found
        case "boolean":
            if bare(cell) in YES | NO:
                return bare(cell) in YES
            raise InvalidValue(field=field.label, value=cell[:40], reason="có / không")
        case _:
            return cell


def _code(field: Field, cell: str, codes: Codes) -> str:
    for code, label in codes.get(field.list or "", ()):
        if cell.strip() == code or bare(cell) == bare(label):
            return code
    raise InvalidValue(field=field.label, value=cell[:40], reason="không có trong danh mục")


def _codes(field: Field, cell: str, codes: Codes) -> Iterator[str]:
    """Codes of a list of labels, some of which have commas of their own: the longest that is known comes first."""
    for part in cell.split(";"):
        words = [word.strip() for word in part.split(",") if word.strip()]
        while words:
            for n in range(len(words), 0, -1):
                try:
                    yield _code(field, ", ".join(words[:n]), codes)
                except InvalidValue:
                    if n == 1:
                        raise
                else:
                    words = words[n:]
                    break


def _number(field: Field, cell: str) -> float | int:
    try:
        number = coordinates.number(cell)
    except coordinates.UnreadableCoordinate:
        raise InvalidValue(field=field.label, value=cell[:40], reason="không phải số") from None
    return _within(field, number, cell)


def _within(field: Field, number: float, cell: str) -> float | int:
    low, high = field.minimum, field.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise InvalidValue(field=field.label, value=cell[:40], reason="ngoài khoảng cho phép")
    if field.kind == "decimal":
        return number
    if number != int(number):
        raise InvalidValue(field=field.label, value=cell[:40], reason="không phải số nguyên")
    return int(number)


def day(label: str, cell: str) -> str:
    """05/10/2026 or 2026-10-05 → ISO. Raises InvalidValue."""
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            return dt.datetime.strptime(cell, form).date().isoformat()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise InvalidValue(field=label, value=cell[:40], reason="không phải ngày")


def clean(cell: str) -> str:
    """Đắk R&#39;Lấp and Ðà Lạt as tables from the web hold them → Đắk R'Lấp, Đà Lạt."""
    return " ".join(html.unescape(cell).replace("Ð", "Đ").replace("ð", "đ").split())
