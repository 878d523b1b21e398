"""Writing a file: under the reader's rights, of one moment, whole or not at all, and without telling the password."""

import io
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import shapefile as pyshp

from geodata.outgoing import bundle, formats, ogr, parts
from geodata.outgoing.parts import Part
from tests.geodata.outgoing.conftest import SELECT, SOURCE, SYSTEM, TITLE

SHAPEFILE = formats.named("shapefile")
LATE = """insert into hamlets(id, name, geometry)
          select max(id) + 1, 'đến sau', 'SRID=4326;POINT(108 12)' from hamlets"""


def test_row_level_security_cuts_the_file(hamlets, owner_settings, web_settings, tmp_path):
    hamlets.execute("alter table hamlets enable row level security")
    hamlets.execute("grant select on hamlets to public")
    hamlets.execute("create policy one on hamlets using (id = nullif(current_setting('app.x', true), '')::int)")
    for prelude, expected in (((), 0), (("select set_config('app.x', '2', false)",), 1)):
        part = Part("hamlets", TITLE, replace(SOURCE, prelude=prelude))
        (report,) = bundle.write(web_settings, [part], SHAPEFILE, SYSTEM, tmp_path / "out.zip")
        with zipfile.ZipFile(tmp_path / "out.zip") as archive:
            dbf = io.BytesIO(archive.read(f"{TITLE.name}.dbf"))
        with pyshp.Reader(dbf=dbf) as reader:
            assert len(reader.records()) == report.rows == expected


@pytest.mark.parametrize("form", [form.key for form in formats.FORMATS])
def test_all_layers_are_of_one_moment_though_rows_come_in_meanwhile(hamlets, owner_settings, tmp_path, form):
    chosen = formats.named(form)

    def write(*given):
        chosen.write(*given)
        hamlets.execute(LATE)

    layers = [Part(f"hamlets_{n}", replace(TITLE, name=f"hamlets_{n}", title=f"Thôn {n}"), SOURCE) for n in range(3)]
    reports = bundle.write(owner_settings, layers, replace(chosen, write=write), SYSTEM, tmp_path / "out.zip")
    assert [(report.rows, report.written) for report in reports] == [(3, 3)] * 3
    assert hamlets.execute("select count(*) from hamlets").fetchone() == (6,)


def test_a_write_that_goes_wrong_leaves_nothing_behind(hamlets, owner_settings, tmp_path):
    part = Part("hamlets", TITLE, SOURCE)
    broken = replace(part, source=replace(SOURCE, select=SELECT.replace("from hamlets", "from no_such_table")))
    for form in formats.FORMATS:
        with pytest.raises(parts.Cancelled):
            bundle.write(owner_settings, [part], form, SYSTEM, tmp_path / "out.zip", cancelled=lambda: True)
        with pytest.raises(psycopg.errors.UndefinedTable):
            bundle.write(owner_settings, [part, broken], form, SYSTEM, tmp_path / "out.zip")
    assert list(tmp_path.iterdir()) == []


def test_the_password_is_never_on_a_command_line(hamlets, owner_settings, tmp_path):
    seen: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(process.read_bytes().decode(errors="replace"))
                except OSError:
                    continue

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        bundle.write(owner_settings, [Part("hamlets", TITLE, SOURCE)], SHAPEFILE, SYSTEM, tmp_path / "out.zip")
    finally:
        done.set()
        watcher.join()
    assert any("ogr2ogr" in line for line in seen)
    assert not [line for line in seen if "ogr2ogr" in line and owner_settings["password"] in line]


def test_passwords_with_odd_letters_reach_libpq_whole(tmp_path):
    with ogr.password_file({"password": r"a:b\c"}) as environment:
        file = Path(environment["PGPASSFILE"])
        assert file.read_text() == "*:*:*:*:a\\:b\\\\c\n"
        assert file.stat().st_mode & 0o077 == 0
    assert not file.exists()
    assert ogr.source_name({"host": "h", "password": "secret", "dbname": "it's"}) == r"PG:host='h' dbname='it\'s'"
