"""Answer templates: written by an office for itself, by the liaison office for all, offered while they hold."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text

from surveys import answer_templates, wall_clock
from surveys.layers import named
from tests.rows import feature
from tests.world import KNOWN

Machine = Callable[..., FlaskClient]
GIVEN = {"title": "Nước sạch", "words": "Đã nhận. Sẽ sửa đường ống trước ngày ….", "category": "nuoc"}


@pytest.fixture(autouse=True)
def nothing_left(worker: Engine) -> Iterator[None]:
    yield
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM answer_templates"))


def write(client: FlaskClient, **other: str) -> int:
    return client.post("/cases/templates/", data=GIVEN | other).status_code


def test_a_template_is_offered_where_it_fits_and_no_longer_once_ended(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    case = feature(named("situation_reports"), 11)
    with worker.begin() as connection:
        connection.execute(insert(named("situation_reports").table), case)
    assert "Chưa có mẫu nào" in machine("answering").get("/cases/templates/").text
    assert write(machine("answering")) == 303
    assert write(machine("answering"), title="Về điện", category="dien") == 303
    assert write(machine("officer"), title="Chung của tỉnh", category="") == 303
    page = machine("answering").get(f"/cases/{case['id']}").text
    assert 'data-words="Đã nhận. Sẽ sửa đường ống trước ngày …."' in page
    assert "Chung của tỉnh" in page
    assert "Về điện" not in page
    assert "Nước sạch" not in machine("officer").get("/cases/templates/").text  # another office's own
    table.rollback()
    id_ = table.scalar(text("SELECT id FROM answer_templates WHERE title = 'Nước sạch'"))
    assert machine("officer").post(f"/cases/templates/{id_}/end").status_code == 404
    assert machine("answering").post(f"/cases/templates/{id_}/end").status_code == 303
    assert "Nước sạch" not in machine("answering").get(f"/cases/{case['id']}").text
    assert "ngừng dùng" in machine("answering").get("/cases/templates/").text


def test_a_template_begins_on_its_day(machine: Machine, as_actor: Callable) -> None:
    tomorrow = wall_clock.today() + dt.timedelta(days=1)
    assert write(machine("answering"), valid_from=tomorrow.isoformat()) == 303
    actor = KNOWN.actor("answering")
    with as_actor(actor) as session:
        for on, n in ((tomorrow - dt.timedelta(days=1), 0), (tomorrow, 1)):
            assert len(answer_templates.offered(session, actor, "nuoc", on)) == n


@pytest.mark.parametrize(
    "bad",
    [
        {"title": ""}, {"words": " "}, {"words": "Gọi 0912 345 678"}, {"words": "TỐI MẬT"}, {"category": "x"},
        {"category": "dat_dai_boi_thuong"}, {"valid_from": "mai"}, {"words": "x" * 2001},
    ],
)  # fmt: skip
def test_what_no_answer_may_say_no_template_says(machine: Machine, table: Connection, bad: dict[str, str]) -> None:
    assert write(machine("answering"), **bad) == 422
    table.rollback()
    assert table.scalar(text("SELECT count(*) FROM answer_templates")) == 0


def test_only_officers_have_templates(machine: Machine) -> None:
    for name in ("field", "leader", "gis", "admin"):
        assert machine(name).get("/cases/templates/").status_code == 403
        assert write(machine(name)) == 403
