"""`diaban layer import`: a file into a layer by the same steps as the page's, one after another in this process."""

import csv
import datetime as dt
import os
import shutil
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import click
from sqlalchemy import Engine, NullPool, create_engine

from app import importing, startup
from app.commands import account_named
from app.config import Config
from app.database import acting
from geodata import crs
from geodata.foreign import systems
from geodata.problems import Problem
from surveys import import_deciding, import_files, import_proposing, import_report, review, wall_clock
from surveys.access import Actor, Verb
from surveys.import_tables import Import
from surveys.layer import Layer
from surveys.layers import named


class ChoiceNeeded(Problem):
    """The file doesn't say for sure how it is to be read. Facts: options (what may be given, as typed)."""

    code: ClassVar[str] = "import_choice_needed"


@click.command("import")
@click.argument("key")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--as", "username", help="tài khoản | the account that imports")
@click.option("--approve-as", "approver", help="người duyệt, khác người nhập | a second account that approves at once")
@click.option("--tradition", help="tôn giáo khi tên không nói | tradition where the name doesn't say")
@click.option("--facility", help="loại cơ sở khi tên không nói | facility where the name doesn't say")
@click.option("--epsg", type=int, help="múi VN-2000 khi tọa độ là mét | zone of coordinates in metres")
@click.option("--encoding", help="bảng mã khi chưa chắc | encoding of the text where it isn't sure")
@click.option("--source", type=int, help="lớp thứ mấy trong tệp, từ 0 | which layer of the file, from 0")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="báo cáo từng dòng | report of every row"
)
@click.option("--yes", is_flag=True, help="không hỏi lại | don't ask")
def command(
    key: str, file: Path, username: str | None, approver: str | None, tradition: str | None, facility: str | None,
    epsg: int | None, encoding: str | None, source: int | None, report: Path | None, yes: bool,
) -> None:  # fmt: skip
    """Nhập một tệp vào một lớp; dòng nghi ngờ ở lại, có lý do | A file into a layer; doubtful rows stay out, listed."""
    config, layer = Config.from_environment(os.environ), named(key)
    with startup.database(config) as urls, ExitStack() as given_up:
        actor = account_named.actor(urls, username, Verb.IMPORT, layer)
        second = account_named.actor(urls, approver, Verb.REVIEW, layer) if approver else None
        if second is not None and second.account_id == actor.account_id:
            raise review.OwnProposal(id=actor.username)
        worker, web = (create_engine(url, poolclass=NullPool) for url in (urls.worker, urls.web))
        choices = _choices(layer, tradition, facility, epsg, encoding, source)
        id_ = importing.bring(web, actor, key, file, config, choices)
        given_up.callback(importing.give_up, web, actor, id_, config)
        found = _looked_at(worker, web, actor, id_, config)
        _must_be_clear(found, choices)
        kept = import_files.folder(config.home, id_) / import_files.REPORT
        _show(found, _doubtful(kept))
        now = dt.datetime.now(wall_clock.HERE)
        click.echo(
            "Báo cáo từng dòng | report of every row: "
            f"{_copied(kept, report or config.home / 'imports' / f'{file.stem}-{now:%Y%m%d-%H%M%S}.csv')}"
        )
        proposed = 0
        if _changes(found):
            if not yes and sys.stdin.isatty():
                click.confirm("Nhập các dòng tốt? | Put the good rows in?", abort=True)
            proposed = _propose(worker, web, actor, id_, config, found.choices)
            given_up.pop_all()
        if second is None:
            click.echo(
                f"{proposed} đề nghị chờ người thứ hai duyệt ở /review/ | proposals wait for a second person's review."
            )
            return
        if proposed:
            _approve(web, second, id_)
        click.echo(f"{second.username} đã duyệt | approved: {proposed}.")


def _choices(
    layer: Layer, tradition: str | None, facility: str | None, epsg: int | None, encoding: str | None,
    source: int | None,
) -> dict[str, Any]:  # fmt: skip
    keys = {field.key for field in layer.fields}
    given = {"tradition": tradition, "facility_type": facility}
    choices: dict[str, Any] = {
        "defaults": {key: value for key, value in given.items() if value and key in keys},
        "system": _system(epsg) if epsg else None,
        "encoding": encoding,
        "source": source,
    }
    return {key: value for key, value in choices.items() if value not in (None, {})}


def _system(epsg: int) -> str:
    """The key of a system by its code. Raises UnknownZone, DeprecatedZone."""
    if epsg == crs.STORED_SRID or epsg in crs.WGS84_UTM.values():
        return f"EPSG:{epsg}"
    return f"VN2000:{epsg if epsg == crs.VN2000_DEGREES else crs.zone(epsg).epsg}"


def _looked_at(worker: Engine, web: Engine, actor: Actor, id_: uuid.UUID, config: Config) -> Import:
    with importing.refusing(worker, id_, config), worker.begin() as connection:
        import_proposing.look(connection, actor, id_, config.home, _silent, every=True)
    with acting(web, actor) as session:
        found = import_proposing.find(session, actor, id_)
        session.expunge(found)
    return found


def _must_be_clear(found: Import, choices: Mapping[str, Any]) -> None:
    """Raises ChoiceNeeded where the file leaves something open, or what was given is none of what it may be."""
    told = found.found or {}
    offered = {
        "source": [str(n) for n, one in enumerate(told["sources"]) if one["fits"]],
        "encoding": [one["encoding"] for one in told["encodings"]],
        "system": [one["system"] for one in told["systems"]],
    }
    wrong = [
        key
        for key, values in offered.items()
        # A zone says nothing of degrees.
        if key in choices and str(choices[key]) not in values and not (key == "system" and _in_degrees(values))
    ]
    if not told["asks"] and not wrong:
        return
    said = []
    for key in dict.fromkeys((*wrong, *told["asks"])):
        option, mark = ("--epsg", ":") if key == "system" else (f"--{key}", "")
        said.append(f"{option} {' / '.join(value.rpartition(mark)[2] if mark else value for value in offered[key])}")
    raise ChoiceNeeded(options="; ".join(said))


def _in_degrees(values: Sequence[str]) -> bool:
    return bool(values) and {*values} <= {systems.WGS84, systems.VN2000_DEGREES}


def _propose(worker: Engine, web: Engine, actor: Actor, id_: uuid.UUID, config: Config, choices: dict[str, Any]) -> int:
    with acting(web, actor) as session:
        import_proposing.choose(session, actor, id_, choices, "proposing")
    with importing.refusing(worker, id_, config):
        return int(importing.propose(worker, web, actor, id_, config, _silent)["proposed"])


def _approve(web: Engine, second: Actor, id_: uuid.UUID) -> None:
    """One transaction of the reviewer: all or none."""
    with acting(web, second) as session:
        import_deciding.begin(session, second, id_, "applying")
        import_deciding.approve(session, second, id_)


def _changes(found: Import) -> int:
    counts = (found.report or {})["counts"]
    return int(counts["create"] + counts["update"] + counts["conflict"])


def _doubtful(report: Path) -> Iterator[tuple[str, str, str]]:
    """(line, name, why) of every doubtful row; the stored report has the first of them only."""
    with report.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["ket_luan"] == import_report.DOUBTFUL:
                yield row["dong"], row["ten"], row["ly_do"]


def _show(found: Import, doubtful: Iterator[tuple[str, str, str]]) -> None:
    """Counts that add up to the rows read, every doubtful row with its reasons, and what became of the columns."""
    report = found.report or {}
    out = report["counts"]["doubtful"]
    click.echo(f"{report['rows']} dòng | rows: {report['rows'] - out} tốt | good, {out} nghi ngờ | doubtful")
    counts = {key: report["counts"][key] for key in ("create", "update", "conflict", "unchanged")}
    if set(counts.values()) - {0, counts["create"]} or not counts["create"]:
        click.echo("  mới {create}, đổi {update}, hai bên cùng sửa {conflict}, không đổi {unchanged}".format(**counts))
    for reason, count in sorted(report["doubts"].items(), key=lambda pair: -pair[1]):
        click.echo(f"  {count:>4} {' | '.join(import_report.REASONS[reason])}")
    for line, name, why in doubtful:
        click.echo(f"  dòng {line}: {name} – {why}")
    for column, why in report["dropped"]:
        click.echo(f"Cột “{column}” bị bỏ: {why} | dropped")
    for column in report["unused"]:
        click.echo(f"Cột “{column}” không thuộc lớp này, không nhập | not of this layer")
    if address := report["address"]:
        click.echo(
            f"Cột “{address['column']}” chỉ dùng để đối chiếu, không lưu | compared only, not stored;"
            f" {address['unknown']} dòng không đối chiếu được | rows not comparable"
        )
    if assumed := report["flags"].get("tradition_assumed"):
        click.echo(
            f"{assumed} dòng: tên không nói tôn giáo, tạm ghi theo cách gọi thường dùng, người duyệt xem lại"
            " | tradition assumed from usual naming, for the reviewer to check"
        )


def _copied(report: Path, to: Path) -> Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(report, to)
    return to


def _silent(_done: int, _total: int | None) -> None:
    """Nobody watches how far it is."""
