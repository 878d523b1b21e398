"""An officer's day as a newcomer: from the home page, by what is in sight alone, everything the office does; no manual.

No address is typed: each page is reached by a link or a button that is seen on the page before it.
"""

import datetime as dt
import threading
import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import Engine, insert, text

from app import jobs
from app.config import Config
from app.roles import Urls
from surveys import wall_clock
from surveys.layers import named
from surveys.proposals import Proposal
from tests.browser import people
from tests.browser.conftest import Desk
from tests.browser.people import step
from tests.rows import DAY, VALUES, one_of_each, place
from tests.world import KNOWN

REPORT = "Cầu treo của thôn hỏng hai nhịp"
MINE = "Cầu và đường"  # the report's category: no other row has it


@pytest.fixture
def other_office(worker: Engine, address: str) -> Iterator[int]:
    with people.a_second_office(worker, "cau_duong", "Phòng Hạ tầng") as made:
        yield made


@pytest.fixture
def working(cluster: Config, urls: Urls) -> Iterator[None]:
    """The background's thread of jobs."""
    stop = threading.Event()
    thread = threading.Thread(target=jobs.work, args=(cluster, urls, stop), daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=20)
    assert not thread.is_alive()


@pytest.fixture
def work_to_do(worker: Engine, other_office: int) -> None:
    """A report that waits for review, one of each layer, an activity planned for today."""
    layer = named("situation_reports")
    values = {key: VALUES[layer.key][key] for key in ("urgency", "happened_on")}
    with worker.begin() as connection:
        connection.execute(
            insert(Proposal).values(
                id=uuid.uuid4(), feature_id=uuid.uuid4(), layer=layer.key, province_id=KNOWN.province,
                commune_id=11, hamlet_id=111, observed_on=DAY,
                created_by=KNOWN.field, restricted=False, geom=place(layer, 108.0),
                values={**values, "happened_on": str(DAY), "category": "cau_duong", "what_happened": REPORT},
            )
        )  # fmt: skip
        one_of_each(connection, KNOWN.communes)
        connection.execute(text("UPDATE joint_activities SET planned_on = :d"), {"d": wall_clock.today()})


class Newcomer:
    """Goes on by what is in sight."""

    def __init__(self, desk: Desk) -> None:
        self.page = desk.page
        self.looks_around()

    def follows(self, name: str, within: str = "main") -> None:
        """The first link of that name."""
        link = self.page.locator(within).get_by_role("link", name=name, exact=True).first
        expect(link).to_be_visible()
        link.click()
        self.looks_around()

    def goes_home(self) -> None:
        self.follows("Địa Bàn", "header")
        expect(self.page).to_have_url(f"{self.page.url.split('/', 3)[0]}//{self.page.url.split('/')[2]}/")

    def presses(self, name: str, form: Locator | None = None, says: str = "") -> None:
        """A button in sight; afterwards the page says so."""
        button = (form or self.page.locator("main")).get_by_role("button", name=name, exact=True).first
        expect(button).to_be_visible()
        button.click()
        if says:
            people.done(self.page, says)
        self.looks_around()

    def looks_around(self) -> None:
        """Where one is, and something to go on with."""
        self.page.wait_for_load_state()
        expect(self.page.locator("h1")).to_have_count(1)
        assert self.page.locator("main").locator("a, button, select").filter(visible=True).count(), self.page.url

    def form(self, title: str) -> Locator:
        """The form under that heading."""
        return self.page.locator("form", has=self.page.get_by_role("heading", name=title, exact=True))


def test_a_newcomer_does_a_day_of_the_office(
    at_desk: Callable[..., Desk], address: str, work_to_do: None, working: None
) -> None:
    desk = at_desk(address, "officer")
    newcomer = Newcomer(desk)
    the_report_is_approved(newcomer)
    its_case_is_handed_on_and_put_before_the_leader(newcomer)
    the_other_office_answers(at_desk(address, "works"))
    the_case_is_closed_and_opened_again(newcomer)
    a_quarters_report_is_begun(newcomer)
    a_stage_of_a_project_is_recorded(newcomer)
    a_finding_is_given_to_an_office(newcomer)
    a_model_is_registered(newcomer)
    a_programme_is_recorded(newcomer)
    an_activity_is_held_for_it(newcomer)
    a_site_asks_for_something(newcomer)
    a_hamlet_in_need_is_found(newcomer)
    the_quarters_report_is_a_file_and_handed_in(newcomer)
    desk.asked_nobody_else()


def the_report_is_approved(newcomer: Newcomer) -> None:
    newcomer.follows("Duyệt phiếu mới")
    newcomer.follows(MINE)
    expect(newcomer.page.get_by_text(REPORT)).to_be_visible()
    newcomer.presses("Duyệt", says="theo dõi ở trang Vụ việc")


def its_case_is_handed_on_and_put_before_the_leader(newcomer: Newcomer) -> None:
    newcomer.goes_home()
    newcomer.follows("Vụ việc phải trả lời")
    newcomer.follows(MINE)
    expect(newcomer.page.get_by_role("heading", name="Việc có thể làm tiếp")).to_be_visible()
    form = step(newcomer.page, "reassign")
    form.get_by_label("Chuyển cơ quan khác").select_option("Phòng Hạ tầng")
    form.get_by_label("Lý do").fill("Cầu thuộc ngành hạ tầng.")
    newcomer.presses("Chuyển", form, "Đã chuyển cơ quan khác.")
    newcomer.follows(MINE)
    form = step(newcomer.page, "escalate")
    form.get_by_label("Lý do").fill("Cần kinh phí sửa cầu.")
    newcomer.presses("Báo cáo lãnh đạo", form, "Đã báo cáo lãnh đạo.")


def the_other_office_answers(desk: Desk) -> None:
    works = Newcomer(desk)
    works.follows("Vụ việc phải trả lời")
    works.follows(MINE)
    form = step(works.page, "answer")
    form.get_by_label("Trả lời", exact=True).fill("Đã sửa xong hai nhịp cầu.")
    works.presses("Gửi câu trả lời", form, "Đã trả lời.")


def the_case_is_closed_and_opened_again(newcomer: Newcomer) -> None:
    newcomer.goes_home()
    newcomer.follows("Vụ việc phải trả lời")
    newcomer.follows("Đã trả lời, chờ đóng")
    newcomer.follows(MINE)
    newcomer.presses("Đóng vụ việc", says="Đã đóng vụ việc.")
    form = step(newcomer.page, "reopen")
    form.get_by_label("Lý do").fill("Một nhịp lại hỏng.")
    newcomer.presses("Mở lại", form, "Đã mở lại.")
    newcomer.follows("← Vụ việc")
    newcomer.follows("Kết quả xử lý vụ việc")
    newcomer.follows("← Vụ việc")


def a_quarters_report_is_begun(newcomer: Newcomer) -> None:
    """The usual period is the quarter that ended last; its figures are taken in the background."""
    newcomer.goes_home()
    newcomer.follows("Báo cáo")
    newcomer.presses("Lập và lấy số liệu", newcomer.form("Lập báo cáo"))
    expect(newcomer.page.get_by_role("heading", name="Việc tiếp theo")).to_be_visible()


def a_stage_of_a_project_is_recorded(newcomer: Newcomer) -> None:
    newcomer.goes_home()
    newcomer.follows("Tái định cư")
    newcomer.follows("Cao tốc đoạn 1")
    form = newcomer.form("Ghi một giai đoạn")
    form.get_by_label("Ngày bắt đầu").fill(DAY.isoformat())
    newcomer.presses("Ghi giai đoạn", form)
    expect(newcomer.page.locator("[data-step]")).to_have_count(1)


def a_finding_is_given_to_an_office(newcomer: Newcomer) -> None:
    newcomer.goes_home()
    newcomer.follows("Kiểm tra")
    newcomer.follows("Xã Đắk Mil")
    form = newcomer.form("Ghi một tồn tại")
    form.get_by_label("Hạn khắc phục").fill((wall_clock.today() + dt.timedelta(days=20)).isoformat())
    form.get_by_label("Việc còn thiếu").fill("Chưa niêm yết quy hoạch ở nhà văn hóa.")
    newcomer.presses("Ghi và giao khắc phục", form)
    expect(newcomer.page.locator("[data-finding]")).to_have_count(1)


def a_model_is_registered(newcomer: Newcomer) -> None:
    newcomer.goes_home()
    newcomer.follows("Dân vận khéo")
    newcomer.follows("Tuyến đường hoa")
    newcomer.page.locator("#reason").fill("Đường hẹp, cần mở rộng.")
    newcomer.presses("Ghi phiếu đăng ký")
    expect(newcomer.page.locator("#reason")).to_have_value("Đường hẹp, cần mở rộng.")


def a_programme_is_recorded(newcomer: Newcomer) -> None:
    newcomer.goes_home()
    newcomer.follows("Chương trình")
    form = newcomer.form("Ghi một chương trình")
    form.get_by_label("Số, ký hiệu").fill("25-KH/TU")
    form.get_by_label("Tên, trích yếu").fill("Kế hoạch dân vận khéo năm nay")
    form.get_by_label("Từ ngày").fill(DAY.isoformat())
    newcomer.presses("Ghi chương trình", form)


def an_activity_is_held_for_it(newcomer: Newcomer) -> None:
    newcomer.goes_home()
    newcomer.follows("Hoạt động")
    newcomer.follows("Ngày Chủ nhật xanh")
    newcomer.presses("Đã thực hiện", newcomer.form("Ghi kết quả"))
    newcomer.page.get_by_label("Thuộc chương trình").select_option(index=1)
    newcomer.presses("Ghi chương trình", says="Đã ghi chương trình.")


def a_site_asks_for_something(newcomer: Newcomer) -> None:
    """A site that has asked for nothing yet is found in the list of all."""
    newcomer.goes_home()
    newcomer.follows("Cơ sở tôn giáo")
    newcomer.follows("Danh sách cơ sở")
    newcomer.page.locator("#records summary").first.click()
    newcomer.follows("Mở trang công việc")
    form = newcomer.form("Ghi một đề nghị và giao cơ quan")
    newcomer.presses("Ghi và giao", form, "Đã ghi đề nghị")
    request = newcomer.page.locator("[data-request]")
    request.get_by_label("Kết quả").select_option(index=0)
    newcomer.presses("Ghi trả lời", request, "Đã ghi trả lời.")


def a_hamlet_in_need_is_found(newcomer: Newcomer) -> None:
    newcomer.goes_home()
    newcomer.follows("Nhu cầu của thôn")
    newcomer.follows("Xã Đắk Mil")
    expect(newcomer.page.locator("[data-hamlet]")).to_have_count(1)


def the_quarters_report_is_a_file_and_handed_in(newcomer: Newcomer) -> None:
    """By now its figures are there: the words that came of them are read, the file is fetched, the report handed in."""
    newcomer.goes_home()
    newcomer.follows("Báo cáo")
    newcomer.page.locator("main .task h2 a").first.click()
    newcomer.looks_around()
    expect(newcomer.page.get_by_role("button", name="Lấy lại số liệu")).to_be_visible(timeout=60_000)
    newcomer.presses("Làm tệp Word")
    file = newcomer.page.locator("#jobs a[download]")
    file.wait_for(timeout=60_000)
    with newcomer.page.expect_download() as coming:
        file.click()
    assert coming.value.suggested_filename.endswith(".docx")
    newcomer.presses("Trình duyệt")
    expect(newcomer.page.get_by_text("Đang chờ duyệt.")).to_be_visible()
