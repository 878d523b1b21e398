"""A small known world: province 68 with three square communes, a neighbour province, hamlets, offices and accounts."""

from dataclasses import dataclass

from sqlalchemy import Engine, text

from surveys.access import Actor, Role
from surveys.code_lists import Code
from surveys.seeds import code_rows


@dataclass(frozen=True)
class World:
    """Ids; communes are 0.1° squares side by side from 108.0 E, 11.9 N; hamlet points lie in their middle."""

    province: int = 1
    other_province: int = 2
    communes: tuple[int, int, int] = (11, 12, 13)
    other_commune: int = 21
    hamlets: tuple[int, int, int] = (111, 121, 131)
    liaison_office: int = 1
    answering_office: int = 2
    field: int = 1  # account of commune 11
    officer: int = 2
    answering: int = 3  # officer of the answering office, reads restricted
    leader: int = 4
    gis: int = 5
    admin: int = 6
    admin2: int = 7

    def actor(self, name: str) -> Actor:
        """The actor of an account of this world."""
        role, commune, office, special = {
            "field": (Role.FIELD, 11, 0, frozenset()),
            "officer": (Role.OFFICER, 0, 1, frozenset()),
            "answering": (Role.OFFICER, 0, 2, frozenset({"read_restricted"})),
            "leader": (Role.LEADER, 0, 0, frozenset()),
            "gis": (Role.GIS, 0, 0, frozenset()),
            "admin": (Role.ADMIN, 0, 0, frozenset()),
        }[name]
        return Actor(getattr(self, name), name, role, self.province, commune, office, special)


KNOWN = World()


def _square(west: float, south: float, size: float = 0.1) -> str:
    east, north = west + size, south + size
    ring = f"{west} {south},{east} {south},{east} {north},{west} {north},{west} {south}"
    return f"SRID=4326;MULTIPOLYGON((({ring})))"


def build(worker: Engine) -> None:
    """Fills an empty migrated database, with real commits."""
    with worker.begin() as c:
        unit = text(
            "INSERT INTO units (id, level, code, name, kind, parent_id, province_id, valid_from, geom, point)"
            " VALUES (:id, :level, :code, :name, :kind, :parent, :province, '2025-07-01', ST_GeomFromEWKT(:geom),"
            " coalesce(ST_GeomFromEWKT(:point), ST_PointOnSurface(ST_GeomFromEWKT(:geom))))"
        )

        def add(
            id_: int,
            level: int,
            code: str,
            name: str,
            kind: str,
            parent: int | None,
            province: int,
            geom: str | None,
            point: str | None = None,
        ) -> None:
            c.execute(
                unit,
                {
                    "id": id_,
                    "level": level,
                    "code": code,
                    "name": name,
                    "kind": kind,
                    "parent": parent,
                    "province": province,
                    "geom": geom,
                    "point": point,
                },
            )

        add(1, 1, "68", "Lâm Đồng", "tỉnh", None, 1, _square(107.9, 11.8, 0.6))
        add(2, 1, "56", "Khánh Hòa", "tỉnh", None, 2, _square(109.0, 12.0, 0.5))
        for i, (name, kind) in enumerate(
            (("Đắk Mil", "xã"), ("Xuân Hương - Đà Lạt", "phường"), ("Phú Quý", "đặc khu"))
        ):
            west = 108.0 + 0.1 * i
            add(11 + i, 3, f"2470{i}", name, kind, 1, 1, _square(west, 11.9))
            add(
                111 + 10 * i,
                4,
                f"2470{i}-1",
                "Thôn 1",
                "thôn",
                11 + i,
                1,
                None,
                f"SRID=4326;POINT({west + 0.05} 11.95)",
            )
        add(21, 3, "22001", "Cam Lâm", "xã", 2, 2, _square(109.1, 12.1))
        c.execute(text("SELECT setval('units_id_seq', 1000)"))
        c.execute(
            text(
                "INSERT INTO unit_parts (unit_id, level, geom) SELECT id, level, geom FROM units WHERE geom IS NOT NULL"
            )
        )
        c.execute(
            text(
                "INSERT INTO offices (id, name, unit_id, valid_from) VALUES"
                " (1, 'Ban Tuyên giáo và Dân vận', 1, '2025-07-01'), (2, 'Phòng Kinh tế', 1, '2025-07-01')"
            )
        )
        c.execute(text("SELECT setval('offices_id_seq', 100)"))
        c.execute(Code.__table__.insert(), code_rows())
        c.execute(text("INSERT INTO office_categories SELECT 2, code FROM code_lists WHERE list = 'report_categories'"))
        c.execute(
            text(
                "INSERT INTO service_standards SELECT code, '2025-07-01', 15, 'test', 'own'"
                " FROM code_lists WHERE list = 'report_categories'"
            )
        )
        for id_, name, role, unit_id, office in (
            (1, "field", "field", 11, None),
            (2, "officer", "officer", 1, 1),
            (3, "answering", "officer", 1, 2),
            (4, "leader", "leader", 1, None),
            (5, "gis", "gis", 1, None),
            (6, "admin", "admin", 1, None),
            (7, "admin2", "admin", 1, None),
        ):
            c.execute(
                text("INSERT INTO accounts (id, username, role, unit_id, office_id) VALUES (:i, :n, :r, :u, :o)"),
                {"i": id_, "n": name, "r": role, "u": unit_id, "o": office},
            )
        c.execute(text("SELECT setval('accounts_id_seq', 100)"))
        c.execute(
            text("INSERT INTO special_verbs VALUES (3, 'read_restricted', current_date, current_date + 300, 6, 7)")
        )
