"""Which problem a refusal by the database stands for: its constraints are the validation."""

import psycopg
from sqlalchemy.exc import DBAPIError

from geodata.problems import Conflict, Forbidden, InvalidValue, Problem
from surveys.reports.steps import SamePerson
from surveys.reports.writing import ReportLocked

# Each constraint somebody can run into; any other is named as it is.
CONSTRAINTS: dict[str, Problem] = {
    "accounts_username_key": Conflict(what="tài khoản", id="…"),
    "accounts_username_check": InvalidValue(field="username", reason="chữ thường, không để trống"),
    "special_verbs_two_admins_check": InvalidValue(field="seconded_by", reason="cần hai quản trị khác nhau"),
    "special_verbs_not_to_oneself_check": InvalidValue(field="account", reason="không tự cấp cho mình"),
    "special_verbs_twelve_months_check": InvalidValue(field="expires_on", reason="không quá 12 tháng"),
    "special_requests_two_admins_check": InvalidValue(field="decision", reason="cần hai quản trị khác nhau"),
    "special_requests_not_for_oneself_check": InvalidValue(field="account", reason="không tự cấp cho mình"),
    "proposals_second_person_check": Forbidden(verb="review"),
    "area_lists_second_confirmer_check": Forbidden(verb="review"),
    "area_classifications_second_confirmer_check": Forbidden(verb="review"),
    "reports_one_of_a_period_ix": Conflict(what="báo cáo", id="kỳ này"),
    "reports_number_ix": InvalidValue(field="number", reason="số này đã cấp cho báo cáo khác"),
    "reports_approved_stay": ReportLocked(state="approved"),
    "report_figures_approved_stay": ReportLocked(state="approved"),
    "reports_second_person_check": SamePerson(),
    "resettlement_projects_approved_check": InvalidValue(
        field="Số hộ được phê duyệt", reason="lớn hơn số hộ bị ảnh hưởng"
    ),
    "resettlement_projects_paid_check": InvalidValue(field="Số hộ đã nhận tiền", reason="lớn hơn số hộ được phê duyệt"),
    "resettlement_projects_moved_check": InvalidValue(field="Số hộ đã chuyển đến", reason="lớn hơn số hộ bị ảnh hưởng"),
    "resettlement_projects_plots_check": InvalidValue(field="Số lô sẵn sàng", reason="lớn hơn tổng số lô"),
    "resettlement_projects_money_check": InvalidValue(field="Kinh phí đã chi", reason="lớn hơn kinh phí được duyệt"),
    "religious_sites_answered_check": InvalidValue(field="Ngày trả lời", reason="trước ngày nhận đề nghị"),
}


def problem_of(error: DBAPIError) -> Problem | None:
    """The problem a refusal by PostgreSQL stands for; None where it is no refusal but a fault."""
    cause = error.orig
    if isinstance(cause, psycopg.errors.InsufficientPrivilege):
        return Forbidden(verb="write")  # a row policy said no
    if isinstance(cause, psycopg.errors.IntegrityError):
        name = cause.diag.constraint_name or cause.diag.column_name or ""
        if name in CONSTRAINTS:
            return CONSTRAINTS[name]
        if isinstance(cause, psycopg.errors.UniqueViolation):
            return Conflict(what=cause.diag.table_name, id=name)
        return InvalidValue(field=cause.diag.column_name or name, reason=name)
    return None
