"""The units an address names, today's and former ones."""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, text

from geodata.units import DISTRICT

# Kind words before a name, with their short forms; what begins like a house, street or hamlet names no unit.
KIND = re.compile(
    r"^(?:(?:thành phố|tp\.?|thị xã|tx\.?|thị trấn|tt\.?|huyện đảo|huyện|quận|phường|xã|tỉnh|đặc khu)\s+"
    r"|(?:p|tp|tt|tx)\.\s*)+"
)
NO_UNIT = re.compile(r"^(?:\d|(?:số|đường|đ\.|ql|tl|đt|dt|hẻm|kiệt|thôn|bon|buôn|bản|ấp|tổ|khu|km)\b)")

_UNITS = text(
    "SELECT u.id, u.level, u.name, u.parent_id, u.province_id, u.valid_to IS NOT NULL AS former,"
    " array(SELECT new_id FROM succession s WHERE s.old_id = u.id) AS became FROM units u WHERE u.level < 4"
)


@dataclass(frozen=True)
class Named:
    """A unit an address names: as written, and the communes of today that make up all it may mean.

    Not `nested`: communes of this province that lie outside the wider unit named after them.
    """

    written: str
    communes: frozenset[int]
    nested: bool = True


@dataclass(frozen=True)
class _Unit:
    level: int
    communes: frozenset[int]


class Gazetteer:
    """Every unit of the country by its bare name, with the communes of today it stands for."""

    def __init__(self, connection: Connection, province_id: int) -> None:
        self._by_name: dict[str, list[_Unit]] = defaultdict(list)
        rows = connection.execute(_UNITS).all()
        below: dict[int, list[int]] = defaultdict(list)
        became = {row.id: row.became if row.former else [row.id] for row in rows if row.level == 3}
        for row in rows:
            if row.level == 3:
                # Counted under the district and under the province.
                for above in {row.parent_id, row.province_id} - {None}:
                    below[above] += became[row.id]
        for row in rows:
            communes = frozenset(became[row.id] if row.level == 3 else below[row.id])
            if communes:
                self._by_name[bare(row.name)].append(_Unit(row.level, communes))
        self._here = frozenset(row.id for row in rows if row.level == 3 and row.province_id == province_id)

    def read(self, address: str) -> list[Named]:
        """The units named, the widest first. A name that lies nowhere near what follows it is taken for a street's."""
        found: list[Named] = []
        for part in reversed([part.strip() for part in re.split(r"[,;]", address) if part.strip()]):
            units = [] if NO_UNIT.match(part.lower()) else self._by_name.get(bare(part), [])
            here = [unit for unit in units if unit.communes & self._here]
            wider = [one for one in found if one.nested]
            if wider:
                units = [unit for unit in units if unit.communes & wider[-1].communes]
            else:
                # Many communes of the country share a name: elsewhere only districts and provinces are believed.
                units = here or [unit for unit in units if unit.level <= DISTRICT]
            if units or here:
                communes = frozenset[int]().union(*(unit.communes for unit in units or here))
                found.append(Named(part, communes, nested=bool(units)))
        return found


def bare(name: str) -> str:
    """Thị trấn Đắk R'Lấp, Dak R’Lap → dakrlap: without kind, marks, spaces and signs."""
    lowered = unicodedata.normalize("NFC", name).lower().replace("ð", "đ").strip()
    shorn = KIND.sub("", lowered)
    plain = unicodedata.normalize("NFD", shorn.replace("đ", "d"))
    return re.sub(r"[^a-z0-9]", "", plain)
