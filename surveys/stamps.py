"""What an exported row carries so that it is known when it comes back: id, version, a stamp, and its export."""

import secrets

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata.sources import Column
from surveys.access import Actor

ID, VERSION, STAMP, EXPORT = "ID", "PHIEN_BAN", "MA_KT", "DOT_XUAT"
LETTERS = 10  # a DBF's widest name, and wide enough that a stamp of another row is no accident
_OF = "left(md5({id} || ':' || {version} || ':' || (extract(epoch from {at}) * 1000000)::bigint), 10)"


def sql_of(id_: str, version: str, updated_at: str) -> str:
    """The stamp as SQL over these expressions: it names one writing of one row, whatever a spreadsheet sorted."""
    return _OF.format(id=id_, version=version, at=updated_at)


def begin(session: Session, actor: Actor, layer: str, *, whole: bool) -> str:
    """Notes an export before its rows are read; its id. `whole`: every row of the actor's scope goes out."""
    id_ = secrets.token_hex(LETTERS // 2)
    session.execute(
        text(
            "INSERT INTO exports (id, account_id, layer, province_id, commune_id, whole)"
            " VALUES (:id, :account, :layer, :province, nullif(:commune, 0), :whole)"
        ),
        {
            "id": id_, "account": actor.account_id, "layer": layer, "province": actor.province_id,
            "commune": actor.commune_id, "whole": whole,
        },
    )  # fmt: skip
    return id_


def columns(export: str) -> tuple[tuple[Column, sql.Composable], ...]:
    """The two columns beside id and version, over the layer's table `f`."""
    return (
        (
            Column("stamp", STAMP, "Mã kiểm tra của dòng", "Stamp of the row", "text", fixed=LETTERS),
            sql.SQL(sql_of("f.id::text", "f.version", "f.updated_at")),
        ),
        (Column("export", EXPORT, "Mã đợt xuất", "Export", "text", fixed=LETTERS), sql.Literal(export)),
    )
