"""The office page for forms of staff: uploaded, checked by the job, tried, approved by a second account, and over."""

import io
import uuid
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text

from app import jobs
from app.config import Config
from app.roles import Urls
from surveys import applying
from tests.app.conftest import csrf
from tests.app.phone import send
from tests.world import World

Browser = Callable[..., FlaskClient]
GOOD = "| survey |\n| | type | name | label |\n| | text | ten_cau | Tên cầu |\n| | integer | nhip | Số nhịp |\n"


@pytest.fixture(scope="module")
def approver(worker: Engine, world: World) -> Iterator[str]:
    """The leader may approve forms for as long as this file's tests run."""
    with worker.begin() as connection:
        connection.execute(
            text("INSERT INTO special_verbs VALUES (:who, 'approve_form', current_date, current_date + 300, 6, 7)"),
            {"who": world.leader},
        )
    yield "leader"
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM special_verbs WHERE verb = 'approve_form'"))
        connection.execute(text("DELETE FROM forms WHERE origin = 'upload'"))


@pytest.fixture
def upload(cluster: Config, urls: Urls, worker: Engine) -> Callable[..., str]:
    """Uploads as the page does and runs the job; the list of uploads as it is then."""

    def do(client: FlaskClient, data: bytes, name: str, *beside: tuple[str, bytes]) -> str:
        token = csrf(client.get("/forms/").text)
        files = [(io.BytesIO(content), one) for one, content in beside]
        answer = client.post(
            "/forms/",
            data={"csrf_token": token, "form": (io.BytesIO(data), name), "files": files},
            content_type="multipart/form-data",
        )
        assert answer.status_code == 303, answer.text
        with worker.connect() as connection:
            id_ = connection.scalar(text("SELECT id FROM jobs WHERE kind = 'form' ORDER BY created_at DESC LIMIT 1"))
        assert isinstance(id_, uuid.UUID)
        jobs.run(cluster, urls, worker, id_)
        return client.get("/forms/uploads").text

    return do


def press(client: FlaskClient, address: str, decision: str, **more: object) -> int:
    page = client.get(address).text
    md5 = page.split('name="md5" value="')[1].split('"')[0] if 'name="md5"' in page else ""
    data = {"csrf_token": csrf(page), "decision": decision, "md5": md5, **more}
    return client.post(address, data=data).status_code


def listed(client: FlaskClient) -> str:
    return client.get("/openrosa/formList", headers={"X-OpenRosa-Version": "1.0"}).text


@pytest.mark.usefixtures("published")
def test_a_form_from_upload_to_withdrawal(
    browser: Browser,
    machine: Browser,
    upload: Callable[..., str],
    approver: str,
    table: Connection,
    worker: Engine,
    world: World,
) -> None:
    officer, second, field = browser("officer"), browser(approver), browser("field")
    said = upload(officer, GOOD.encode(), "Cầu treo.md")
    assert "Được nhận làm bản nháp" in said
    version = table.scalar(text("SELECT version FROM forms WHERE form_id = 'Cau_treo'"))
    address = f"/forms/Cau_treo/{version}"
    page = officer.get(address).text
    assert "Cầu treo" in page
    assert "chỉ hiện khi duyệt" in page
    assert 'value="approve"' not in page
    assert officer.get(f"{address}/source").data == GOOD.encode()
    assert b"<h:html" in officer.get(f"{address}/xform.xml").data
    assert press(officer, address, "approve", unit=[1]) == 403
    assert "Cau_treo" not in listed(field)
    # Whoever looks at it before approval: the uploader, the approver, nobody else.
    trial = f"/forms/try/Cau_treo/{version}/"
    for client, status in ((officer, 200), (second, 200), (field, 403), (browser(), 302)):
        assert client.get(trial).status_code == status
        assert client.get(f"{trial}form.json").status_code in (status, 401)
    tried = second.get(f"{trial}form.json").json
    assert tried["form"]["title"] == "Cầu treo"
    assert "ten_cau" in tried["xform"]
    assert press(second, address, "approve", unit=[]) == 303  # the province, as the page proposes
    assert "Cau_treo" in listed(field)
    xml = (
        f'<data id="Cau_treo" version="{version}"><ten_cau>Cầu Suối Cạn</ten_cau><nhip>3</nhip>'
        "<meta><instanceID>uuid:cau-suoi-can</instanceID></meta></data>"
    )
    assert send(machine("field"), xml.encode()).status_code == 201
    assert applying.apply_batch(worker) >= 1
    assert "Cầu Suối Cạn" in officer.get(f"{address}/answers").text
    assert second.get(f"{address}/answers").status_code == 403
    assert press(second, address, "publish", unit=[world.communes[1]]) == 303
    assert "Cau_treo" not in listed(field)
    assert press(second, address, "publish", unit=[world.other_commune]) == 422
    assert press(officer, address, "renew") == 403
    assert press(second, address, "renew") == 303
    assert press(officer, address, "withdraw") == 303
    assert "Đã thu hồi" in officer.get(address).text
    table.rollback()
    verbs = table.scalars(text("SELECT verb FROM audit WHERE detail ->> 'form' = 'Cau_treo' ORDER BY id")).all()
    steps = ["form uploaded", "form approved", "form published", "form renewed", "form withdrawn"]
    assert [verb for verb in verbs if verb in steps] == steps


def test_what_is_wrong_is_shown_by_sheet_row_and_column(browser: Browser, upload: Callable[..., str]) -> None:
    officer = browser("gis")
    said = upload(officer, GOOD.replace("Số nhịp", "Số giáo dân dự lễ").encode(), "a.md")
    assert "Không được nhận" in said
    assert "<td>survey</td>" in said
    assert "<td>3</td>" in said
    assert "Số giáo dân dự lễ" in said
    said = upload(officer, GOOD.replace("| text |", "| texxt |").encode(), "a.md")
    assert "Không có kiểu câu hỏi “texxt”." in said
    assert "Unknown question type" in said


def test_who_may_not(browser: Browser) -> None:
    assert browser("field").get("/forms/").status_code == 403
    assert browser().get("/forms/").status_code == 302
    assert b"PK" in browser("admin").get("/forms/template/hamlet_profiles.xlsx").data[:2]
