"""A report's whole life over HTTP: begun, measured, edited, handed in, approved by another, fetched, opened again."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from docx import Document
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import embedded, jobs
from app.cli import diaban
from app.config import Config
from app.roles import Urls
from geodata.problems import Forbidden, NotFound
from surveys import periods, wall_clock
from surveys.layers import named
from surveys.reports import writing
from tests.app.conftest import csrf
from tests.rows import feature
from tests.world import World

Browser = Callable[..., FlaskClient]
LAST = periods.holding(periods.QUARTER, wall_clock.today()).before  # a quarter that is over, whatever today is


@pytest.fixture(scope="module", autouse=True)
def rows(worker: Engine, world: World) -> None:
    with worker.begin() as connection:
        layer = named("democracy_checks")
        values = {"checked_on": LAST.first, "observed_on": LAST.first}
        connection.execute(insert(layer.table), [feature(layer, one, **values) for one in world.communes])


@pytest.fixture(autouse=True)
def no_reports(owner: Engine) -> Iterator[None]:
    yield
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE report_calls, report_steps, report_figures, reports"))


@pytest.fixture
def at(worker: Engine) -> Iterator[Callable[[str, int], None]]:
    """`at("officer", 11)`: the account belongs to that unit; undone at the end."""

    def move(name: str, unit: int) -> None:
        with worker.begin() as connection:
            connection.execute(text("UPDATE accounts SET unit_id = :u WHERE username = :n"), {"u": unit, "n": name})

    yield move
    for name in ("officer", "leader", "answering"):
        move(name, 1)


@pytest.fixture
def run(cluster: Config, urls: Urls, worker: Engine) -> Callable[[], Any]:
    """Does the job asked for last; its row."""

    def do() -> Any:
        with worker.begin() as connection:
            id_ = connection.scalar(text("SELECT id FROM jobs ORDER BY created_at DESC LIMIT 1"))
        engine = create_engine(urls.worker)
        jobs.run(cluster, urls, engine, id_)
        engine.dispose()
        with worker.begin() as connection:
            return connection.execute(text("SELECT * FROM jobs WHERE id = :id"), {"id": id_}).one()

    return do


def post(client: FlaskClient, path: str, **form: Any) -> Any:
    return client.post(path, data={**form, "csrf_token": csrf(client.get("/reports/").text)})


def begun(client: FlaskClient, run: Callable[[], Any], **more: str) -> str:
    """A report of the last quarter with its figures; its address."""
    form = {"period": LAST.code, "subject": "democracy", "layout": "party", "basis": "measured", **more}
    answer = post(client, "/reports/", **form)
    assert answer.status_code == 303, answer.text
    job = run()
    assert (job.kind, job.state) == ("report_figures", "done"), job.error
    return str(answer.headers["Location"]).split("#")[0]


def approved(client: FlaskClient, path: str, number: str = "12") -> Any:
    return post(client, f"{path}/steps", act="approve", number=number, issued_on=wall_clock.today().isoformat())


def document(client: FlaskClient, path: str, run: Callable[[], Any]) -> Any:
    assert post(client, f"{path}/file").status_code == 303
    job = run()
    assert (job.kind, job.state) == ("report_file", "done"), job.error
    answer = client.get(f"/reports/files/{job.id}", buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return Document(io.BytesIO(answer.data))


def said(file: Any) -> str:
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in file.paragraphs), *cells])


def mark_of(page: str, part: str) -> str:
    form = page.split(f'/parts/{part}"', 1)[1]
    return re.findall(r'name="shown" value="([0-9a-f]+)"', form)[0]


def test_from_a_draft_to_a_locked_word_file(browser: Browser, run: Callable[[], Any], worker: Engine) -> None:
    officer = browser("officer")
    path = begun(officer, run)
    page = officer.get(path).text
    assert "đã kiểm tra 3 lượt về thực hiện dân chủ ở cơ sở" in page
    words = "Trong quý đã kiểm tra 3 lượt; các nội dung cơ bản đạt."
    answer = post(officer, f"{path}/parts/1.1", text=words, shown=mark_of(page, "1.1"))
    assert answer.status_code == 303, answer.text
    draft = said(document(officer, path, run))
    assert words in draft
    assert "(Dự thảo)" in draft
    assert post(officer, f"{path}/steps", act="submit").status_code == 303
    assert post(officer, f"{path}/parts/1.1", text="x", shown="x").status_code == 409
    leader = browser("leader")
    assert approved(leader, path).status_code == 303
    page = leader.get(path).text
    assert "Số 12-BC/BTGDVTU" in page
    final = said(document(leader, path, run))
    assert "Số 12-BC/BTGDVTU" in final
    assert "(Dự thảo)" not in final
    with worker.connect() as connection:
        query = text(
            "SELECT verb FROM audit WHERE detail ->> 'report' = :id OR detail ->> 'kind' = 'report_file' ORDER BY id"
        )
        written = connection.scalars(query, {"id": path.rsplit("/", 1)[1]}).all()
    assert written[-4:] == ["report_submit", "report_approve", "export", "download"]


def test_who_hands_in_does_not_approve_and_nobody_skips_a_step(browser: Browser, run: Callable[[], Any]) -> None:
    leader, officer = browser("leader"), browser("officer")
    path = begun(leader, run)
    assert approved(leader, path).status_code == 409  # not handed in
    assert post(leader, f"{path}/steps", act="submit").status_code == 303
    assert approved(leader, path).status_code == 403
    assert approved(officer, path).status_code == 403  # the province's own is approved by who leads
    assert post(leader, f"{path}/steps", act="return", reason="x").status_code == 422
    assert post(leader, f"{path}/steps", act="withdraw").status_code == 303
    assert post(officer, f"{path}/steps", act="nonsense").status_code == 422


def test_an_approved_report_opens_again_with_a_reason_and_keeps_its_number(
    browser: Browser, run: Callable[[], Any], worker: Engine
) -> None:
    officer, leader = browser("officer"), browser("leader")
    path = begun(officer, run)
    post(officer, f"{path}/steps", act="submit")
    approved(leader, path, "7")
    with pytest.raises(IntegrityError, match="stays as it is"), worker.begin() as connection:
        connection.execute(text("UPDATE reports SET title = 'x'"))
    with pytest.raises(IntegrityError, match="stay as they are"), worker.begin() as connection:
        connection.execute(text("DELETE FROM report_figures"))
    assert post(leader, f"{path}/steps", act="reopen", reason="").status_code == 422
    assert post(leader, f"{path}/steps", act="reopen", reason="Số liệu xã gửi lại").status_code == 303
    page = leader.get(path).text
    assert "Số liệu xã gửi lại" in page
    post(officer, f"{path}/steps", act="submit")
    assert 'value="7"' in leader.get(path).text


def test_a_number_is_given_once(browser: Browser, run: Callable[[], Any]) -> None:
    officer, leader = browser("officer"), browser("leader")
    one, two = begun(officer, run), begun(officer, run, subject="models")
    for path in (one, two):
        post(officer, f"{path}/steps", act="submit")
    assert approved(leader, one, "3").status_code == 303
    assert 'value="4"' in leader.get(two).text
    refused = approved(leader, two, "3")
    assert refused.status_code == 422
    assert "số này đã cấp" in refused.text


def test_a_correction_after_the_approval_shows_beside_the_frozen_figure(
    browser: Browser, run: Callable[[], Any], worker: Engine, world: World
) -> None:
    officer, leader = browser("officer"), browser("leader")
    path = begun(officer, run)
    post(officer, f"{path}/steps", act="submit")
    approved(leader, path)
    assert "vẫn đúng như khi chốt" in leader.get(f"{path}/changes").text
    layer = named("democracy_checks")
    with worker.begin() as connection:
        row = feature(layer, 11, checked_on=LAST.first, observed_on=LAST.first)
        connection.execute(insert(layer.table), [row])
    try:
        told = leader.get(f"{path}/changes").text
        assert "Tổng số" in told
        assert "Xã Đắk Mil" in told
        file = document(leader, path, run)
        (table,) = [table for table in file.tables if "Số đã chốt" in [cell.text for cell in table.rows[0].cells]]
        assert [cell.text for cell in table.rows[1].cells][1:] == ["Lượt kiểm tra dân chủ ở cơ sở", "Tổng số", "3", "4"]
        assert "đã kiểm tra 3 lượt" in said(file)
    finally:
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM democracy_checks WHERE id = :id"), {"id": row["id"]})


def test_a_communes_report_goes_up_and_the_provinces_sum_locks_it(
    browser: Browser, run: Callable[[], Any], at: Callable[[str, int], None]
) -> None:
    at("answering", 11)
    commune = browser("answering")
    own = begun(commune, run)
    assert "Xã Đắk Mil" in commune.get(own).text
    assert post(commune, f"{own}/steps", act="submit").status_code == 303
    officer, leader = browser("officer"), browser("leader")
    listed = officer.get(f"/reports/communes?period={LAST.code}&subject=democracy").text
    assert "0/3" in listed
    assert post(officer, f"{own}/parts/1.1", text="x", shown="x").status_code == 404  # not ours to write
    assert post(officer, f"{own}/steps", act="return", reason="Thiếu phần kiến nghị").status_code == 303
    assert "Thiếu phần kiến nghị" in commune.get(own).text
    post(commune, f"{own}/steps", act="submit")
    assert approved(officer, own).status_code == 303
    listed = officer.get(f"/reports/communes?period={LAST.code}&subject=democracy").text
    assert "1/3" in listed
    assert "Phường Xuân Hương - Đà Lạt" in listed.split('id="missing"')[1].split("</textarea>")[0]
    whole = begun(officer, run, basis="rolled")
    page = officer.get(whole).text
    assert "1/3 xã, phường, đặc khu" in page
    assert "đã kiểm tra 1 lượt" in page  # three are known to us; the two that are missing aren't guessed
    post(officer, f"{whole}/steps", act="submit")
    assert approved(leader, whole).status_code == 303
    refused = post(officer, f"{own}/steps", act="reopen", reason="Sửa số liệu")
    assert refused.status_code == 409
    assert "tổng hợp của tỉnh" in refused.text
    post(leader, f"{whole}/steps", act="reopen", reason="Chờ xã sửa")
    assert post(officer, f"{own}/steps", act="reopen", reason="Sửa số liệu").status_code == 303


def test_the_province_calls_for_reports_and_a_commune_finds_the_day_with_its_ground(
    browser: Browser, run: Callable[[], Any], at: Callable[[str, int], None]
) -> None:
    officer = browser("officer")
    form = {"period": LAST.code, "subject": "democracy", "due_on": LAST.last.isoformat(), "source": "Kế hoạch 12-KH/TU"}
    assert post(officer, "/reports/communes", **(form | {"source": ""})).status_code == 422
    assert post(officer, "/reports/communes", **(form | {"due_on": "1999-01-01"})).status_code == 422
    assert post(officer, "/reports/communes", **form).status_code == 303
    seen = officer.get(f"/reports/communes?period={LAST.code}&subject=democracy").text
    assert "Kế hoạch 12-KH/TU" in seen
    assert "đã quá hạn" in seen
    at("answering", 11)
    commune = browser("answering")
    page = commune.get("/reports/").text
    assert "Tỉnh yêu cầu báo cáo" in page
    assert f"{LAST.last:%d/%m/%Y} (căn cứ: Kế hoạch 12-KH/TU)" in page
    assert "căn cứ: Kế hoạch 12-KH/TU" in commune.get("/").text
    assert post(commune, "/reports/communes", **form).status_code == 403
    own = begun(commune, run)
    assert own in commune.get("/reports/").text
    post(commune, f"{own}/steps", act="submit")
    approved(officer, own)
    assert "Tỉnh yêu cầu báo cáo" not in commune.get("/reports/").text


def test_a_report_is_seen_in_its_own_place_alone(
    browser: Browser, run: Callable[[], Any], at: Callable[[str, int], None]
) -> None:
    path = begun(browser("officer"), run)
    for name in ("field", "gis", "admin"):
        assert browser(name).get(path).status_code == 403
        assert browser(name).get("/reports/").status_code == 403
    at("answering", 11)
    assert browser("answering").get(path).status_code == 404
    with_figures = begun(browser("answering"), run)
    at("answering", 12)
    assert browser("answering").get(with_figures).status_code == 404


def test_the_query_alone_finds_reports_of_the_own_place(background: Session, world: World) -> None:
    """The background role is under no policy."""
    made = text(
        "INSERT INTO reports (province_id, commune_id, unit_id, subject, period, layout, basis, title, head,"
        " created_by) VALUES (:p, :c, :u, 'general', '2026-Q3', 'party', 'measured', 'Báo cáo', '{}', 4) RETURNING id"
    )
    places = {"11": (1, 11, 11), "12": (1, 12, 12), "province": (1, 0, 1), "elsewhere": (2, 0, 2)}
    ids = {name: background.scalar(made, dict(zip("pcu", place, strict=True))) for name, place in places.items()}
    whole = world.actor("officer")
    for actor, found in ((whole, {"11", "12", "province"}), (replace(whole, commune_id=11), {"11"})):
        for name, id_ in ids.items():
            if name in found:
                assert writing.find(background, actor, id_ or 0).id == id_
            else:
                with pytest.raises(NotFound):
                    writing.find(background, actor, id_ or 0)
    assert [one.id for one in writing.listed(background, whole)] == [ids["province"]]


def test_the_file_is_its_makers_while_the_report_is_in_reach(
    browser: Browser, run: Callable[[], Any], at: Callable[[str, int], None]
) -> None:
    officer = browser("officer")
    path = begun(officer, run)
    post(officer, f"{path}/file")
    job = run()
    assert officer.get(f"/reports/files/{job.id}").status_code == 200
    assert browser("leader").get(f"/reports/files/{job.id}").status_code == 404
    at("officer", 11)
    assert browser("officer").get(f"/reports/files/{job.id}").status_code == 404


def test_a_second_report_of_a_period_is_the_first(browser: Browser, run: Callable[[], Any]) -> None:
    officer = browser("officer")
    path = begun(officer, run)
    again = post(officer, "/reports/", period=LAST.code, subject="democracy", layout="state", basis="measured")
    assert again.headers["Location"].split("#")[0] == path
    assert (
        post(officer, f"{path}/steps", act="remove").headers["Location"].endswith(f"removed={path.rsplit('/', 1)[1]}")
    )
    assert path not in officer.get("/reports/").text.split("<section>")[1]
    assert post(officer, f"{path}/steps", act="restore").status_code == 303
    assert path in officer.get("/reports/").text


def test_what_is_asked_wrongly_is_refused_in_words(browser: Browser, run: Callable[[], Any]) -> None:
    officer = browser("officer")
    form = {"period": LAST.code, "subject": "democracy", "layout": "party", "basis": "measured"}
    for wrong in ({"period": "2026-W54"}, {"period": "2026-R1"}, {"layout": "own"}, {"basis": "guess"}):
        assert post(officer, "/reports/", **(form | wrong)).status_code == 422, wrong
    later = LAST.moved(9)
    assert post(officer, "/reports/", **(form | {"period": later.code})).status_code == 422
    assert post(officer, "/reports/", **(form | {"subject": "persons"})).status_code == 404
    path = begun(officer, run)
    page = officer.get(path).text
    named_ = post(officer, f"{path}/parts/1.1", text="Ông Nguyễn Văn An kiến nghị", shown=mark_of(page, "1.1"))
    assert named_.status_code == 422
    assert post(officer, f"{path}/parts/9.9", text="x", shown="x").status_code == 404
    head = {"superior": "Tỉnh ủy", "issuer": "Ban", "symbol": "B", "place": "Lâm Đồng", "authority": "",
            "post": "Trưởng ban Nguyễn Văn An", "recipients": ""}  # fmt: skip
    assert post(officer, f"{path}/head", title="Báo cáo", **head).status_code == 422
    assert post(officer, f"{path}/head", title="Báo cáo", **(head | {"post": "Trưởng ban"})).status_code == 303


def test_the_command_makes_the_same_file(
    browser: Browser, cluster: Config, urls: Urls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    admin = embedded.address(cluster)
    assert admin is not None
    address = make_url(admin.url).set(database=make_url(urls.owner).database)
    monkeypatch.setenv("DATABASE_URL", address.render_as_string(hide_password=False))
    monkeypatch.setenv("DIABAN_HOME", str(cluster.home))
    out = tmp_path / "quy.docx"
    command = ["report", "make", LAST.code, "--subject", "democracy", "--layout", "state", "--out", str(out)]
    done = CliRunner().invoke(diaban, [*command, "--as", "officer"])
    assert done.exit_code == 0, done.output
    written = said(Document(str(out)))
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in written
    assert "đã kiểm tra 3 lượt" in written
    assert LAST.title().split("/")[0][4:] in written
    page = browser("officer").get("/reports/").text
    assert "dân chủ ở cơ sở" in page  # the report is there to be gone on with
    refused = CliRunner().invoke(diaban, [*command, "--as", "gis"])
    assert isinstance(refused.exception, Forbidden)


@pytest.mark.parametrize("code", ["week", "month", "half", "nine", "year"])
def test_every_kind_of_period_makes_a_file(browser: Browser, run: Callable[[], Any], code: str) -> None:
    period = periods.holding(code, LAST.first)
    officer = browser("officer")
    path = begun(officer, run, period=period.code)
    assert "BÁO CÁO" in said(document(officer, path, run))
