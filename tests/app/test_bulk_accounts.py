"""Offices and accounts by workbook: each wrong cell is named, and all of a file is done or nothing."""

import io
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Engine, text

from app import accounts, jobs, passwords
from app.bulk_sheet import ACCOUNTS, COLUMNS, OFFICES
from app.config import Config
from app.roles import Urls
from tests.surveys import photos

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("no_jobs", "quiet")


@pytest.fixture(autouse=True)
def _the_world_stays(worker: Engine) -> Iterator[None]:
    yield
    with worker.begin() as connection:
        for table in ("sign_ins", "tokens"):
            connection.execute(
                text(f"DELETE FROM {table} WHERE account_id IN (SELECT id FROM accounts WHERE username LIKE 'bulk-%')")
            )
        connection.execute(text("DELETE FROM accounts WHERE username LIKE 'bulk-%'"))
        connection.execute(text("DELETE FROM offices WHERE name LIKE 'Phòng thử%'"))
        connection.execute(text("UPDATE accounts SET role = 'leader', unit_id = 1, active = true WHERE id = 4"))


def book(offices: list[tuple[Any, ...]] = (), people: list[tuple[Any, ...]] = ()) -> bytes:  # type: ignore[assignment]
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for sheet, rows in ((OFFICES, offices), (ACCOUNTS, people)):
        one: Worksheet = made.create_sheet(sheet)
        one.append(COLUMNS[sheet])
        for row in rows:
            one.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


class Office:
    """An administrator at work, and the background process."""

    def __init__(self, client: FlaskClient, config: Config, urls: Urls, worker: Engine) -> None:
        self.client, self.config, self.urls, self.worker = client, config, urls, worker

    def run(self, where: str) -> str:
        jobs.run(self.config, self.urls, self.worker, uuid.UUID(where.rsplit("/", 1)[1]))
        return self.client.get(where).text

    def upload(self, data: bytes) -> tuple[str, str]:
        """(address of the check, its page when it is done)."""
        answer = self.client.post("/admin/bulk/", data={"file": (io.BytesIO(data), "a.xlsx")})
        assert answer.status_code == 303
        where = answer.headers["Location"]
        return where, self.run(where)

    def apply(self, where: str) -> tuple[str, str]:
        answer = self.client.post(where)
        assert answer.status_code == 303, answer.text
        done = answer.headers["Location"]
        return done, self.run(done)


@pytest.fixture
def office(machine: Machine, cluster: Config, urls: Urls, worker: Engine) -> Office:
    return Office(machine("admin"), cluster, urls, worker)


def test_a_good_file_is_shown_first_and_then_done(office: Office, worker: Engine) -> None:
    data = book(
        [("Phòng thử Văn hóa", "24701", "nuoc; dien", "01/02/2026")],
        [
            ("bulk-lan", "cán bộ cơ sở", 24700, None, "có"),  # a number, as a spreadsheet makes of a code
            ("bulk-minh", "chuyên viên", "68", "Phòng thử Văn hóa", None),
            ("leader", "lãnh đạo", "24701", None, "có"),
        ],
    )
    where, page = office.upload(data)
    assert "Sẽ làm 4 việc" in page
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM accounts WHERE username LIKE 'bulk-%'")) == 0
    done, page = office.apply(where)
    assert "Đã làm 4 việc" in page
    with worker.connect() as connection:
        rows = {
            row.username: row
            for row in connection.execute(
                text(
                    "SELECT a.username, a.role, a.unit_id, a.password, o.name AS office, o.unit_id AS at"
                    " FROM accounts a"
                    " LEFT JOIN offices o ON o.id = a.office_id WHERE username LIKE 'bulk-%' OR username = 'leader'"
                )
            )
        }
        categories = connection.scalars(
            text(
                "SELECT category FROM office_categories c JOIN offices o ON o.id = c.office_id"
                " WHERE o.name = 'Phòng thử Văn hóa' ORDER BY 1"
            )
        ).all()
    assert (rows["bulk-lan"].role, rows["bulk-lan"].unit_id) == ("field", 11)
    assert (rows["bulk-minh"].office, rows["bulk-minh"].at) == ("Phòng thử Văn hóa", 12)
    assert rows["leader"].unit_id == 12
    assert categories == ["dien", "nuoc"]
    once = office.client.post(f"{done}/mat_khau.xlsx")
    first = dict(openpyxl.load_workbook(io.BytesIO(once.data)).worksheets[0].iter_rows(min_row=2, values_only=True))
    assert passwords.matches(first["bulk-lan"], rows["bulk-lan"].password)
    assert set(first) == {"bulk-lan", "bulk-minh"}
    assert office.client.post(f"{done}/mat_khau.xlsx").status_code == 404
    assert all(password not in office.client.get(done).text for password in first.values())
    again = office.client.post(where)
    assert "Đã làm" not in office.run(again.headers["Location"])  # the file was done with


def test_each_wrong_cell_is_named_and_nothing_is_done(office: Office, worker: Engine) -> None:
    data = book(
        [("", "68", "", ""), ("Phòng thử A", "99", "khong_co", "32/13/2026")],
        [
            ("bulk-tot", "chuyên viên", "68", "", "có"),
            ("bulk xấu", "vua", "22001", "Phòng không có", "có lẽ"),
            ("bulk-tot", "chuyên viên", "68", "", "có"),
            ("admin", "lãnh đạo", "68", "", "có"),
            ("answering", "quản trị", "68", "", "có"),
        ],
    )
    where, page = office.upload(data)
    named = [part.split('"')[0] for part in page.split('data-fault="')[1:]]
    assert sorted(named) == sorted(["A2", "B3", "C3", "D3", "A3", "B3", "C3", "D3", "E3", "A4", "B5", "B6"])
    assert office.client.post(where).status_code == 409
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM accounts WHERE username LIKE 'bulk%'")) == 0
        assert connection.scalar(text("SELECT count(*) FROM offices WHERE name LIKE 'Phòng thử%'")) == 0


def test_what_goes_wrong_half_way_leaves_nothing(
    office: Office, worker: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, _ = office.upload(
        book([("Phòng thử B", "68", "nuoc", "")], [("bulk-a", "chuyên viên", "68", "Phòng thử B", "")])
    )

    def broken(*_: Any, **__: Any) -> int:
        raise RuntimeError("the machine stops")

    monkeypatch.setattr(accounts, "create", broken)
    office.apply(where)
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM offices WHERE name = 'Phòng thử B'")) == 0


@pytest.mark.parametrize("data", [b"", b"username,role\n", b"PK\x03\x04 torn", photos.jpeg()])
def test_what_is_no_workbook_of_ours_is_said(office: Office, data: bytes) -> None:
    _, page = office.upload(data)
    assert 'data-fault=""' in page


def test_the_workbook_that_goes_out_comes_back_unchanged(office: Office) -> None:
    out = office.client.get("/admin/bulk/mau.xlsx").data
    sheet = openpyxl.load_workbook(io.BytesIO(out))[ACCOUNTS]
    assert sheet.data_validations.dataValidation
    _, page = office.upload(out)
    assert "giống hệt hiện trạng" in page or "sửa cơ quan" in page
    assert "thêm tài khoản" not in page
    assert "sửa tài khoản" not in page
