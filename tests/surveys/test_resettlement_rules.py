"""What binds stages and figures: every clock equals a plain reference, laws change by date, numbers fit each other."""

import datetime as dt
from random import Random

import pytest

from surveys import resettlement_rules, seeds
from surveys.field_faults import Fault
from surveys.resettlement_rules import Stood
from surveys.resettlement_tables import StageRule

RULES = [StageRule(**row) for row in seeds.stage_rule_rows()]
DAY = dt.date(2025, 9, 1)
LAW_CHANGED = dt.date(2026, 1, 1)  # when posting a plan went from 30 days to 10


def days(n: int) -> dt.timedelta:
    return dt.timedelta(days=n)


def plain(row: dict, steps: dict[str, Stood], today: dt.date) -> tuple[dt.date, int] | None:
    """The same clock, thought out anew from the file's row: its day, and how many days it is broken."""
    point = {"began": lambda s: s.began_on, "ended": lambda s: s.ended_on}
    since = point[row["since_point"]](steps[row["since"]]) if row["since"] in steps else None
    if row["kind"] == "needs" or since is None or since < row["valid_from"]:
        return None
    if row["valid_to"] is not None and since >= row["valid_to"]:
        return None
    due = dt.date.fromordinal(since.toordinal() + row["days"])
    done = point[row["point"]](steps[row["stage"]]) if row["stage"] in steps else None
    if row["kind"] == "within":
        over = (done if done else today).toordinal() - due.toordinal()
        return due, over if over > 0 else 0
    if done is None:
        return (due, 0) if row["days"] else None
    return due, due.toordinal() - done.toordinal() if done < due else 0


def test_ten_thousand_clocks_equal_a_plain_reference() -> None:
    chance, rows, compared = Random(87), seeds.stage_rule_rows(), 0
    codes = sorted({row["stage"] for row in rows} | {row["since"] for row in rows})
    while compared < 10_000:
        steps = {}
        for code in codes:
            if chance.random() < 0.7:
                began = dt.date(2024, 7, 1) + days(chance.randint(0, 900))
                ended = began + days(chance.randint(0, 120)) if chance.random() < 0.6 else None
                steps[code] = Stood(code, None, began, ended)
        today = dt.date(2024, 7, 1) + days(chance.randint(0, 1100))
        found = {
            (c.rule.stage, c.rule.kind, c.rule.since, c.rule.valid_from, c.rule.land): (c.day, c.broken)
            for c in resettlement_rules.clocks(RULES, steps, today)
        }
        expected = {
            (row["stage"], row["kind"], row["since"], row["valid_from"], row["land"]): clock
            for row in rows if (clock := plain(row, steps, today)) is not None
        }  # fmt: skip
        assert found == expected
        compared += len(expected)


@pytest.mark.parametrize(
    ("posted", "least"), [(LAW_CHANGED - days(1), 30), (LAW_CHANGED, 10), (dt.date(2024, 8, 1), 30)]
)
def test_a_plan_is_posted_as_long_as_the_law_of_its_day_says(posted: dt.date, least: int) -> None:
    def broken(ended: dt.date) -> int:
        steps = {"niem_yet_phuong_an": Stood("niem_yet_phuong_an", None, posted, ended)}
        return sum(
            clock.broken for clock in resettlement_rules.clocks(RULES, steps, posted + days(400))
            if clock.rule.stage == "niem_yet_phuong_an"
        )  # fmt: skip

    assert broken(posted + days(least)) == 0
    assert broken(posted + days(least - 1)) == 1


def test_a_stage_without_the_one_it_needs_is_named() -> None:
    steps = {"phe_duyet": Stood("phe_duyet", None, DAY, DAY)}
    (fault,) = resettlement_rules.order_faults(RULES, steps)
    assert (fault.field, fault.code, fault.facts["stage"]) == ("stage", "stage_skipped", "tham_dinh")
    steps["tham_dinh"] = Stood("tham_dinh", None, DAY + days(1), None)
    codes = {(f.facts["later"], f.field, f.code) for f in resettlement_rules.order_faults(RULES, steps)}
    assert codes == {("tham_dinh", "stage", "stage_skipped"), ("phe_duyet", "began_on", "stage_before")}


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"began_on": DAY + days(1)}, "began_on", "day_ahead"),
        ({"began_on": DAY - days(9), "ended_on": DAY + days(1)}, "ended_on", "day_ahead"),
        ({"began_on": DAY, "ended_on": DAY - days(1)}, "ended_on", "ends_before"),
        ({"ended_on": DAY}, "began_on", "not_begun"),
        ({"planned_on": dt.date(1925, 9, 1)}, "planned_on", "day_long_ago"),
        ({"opinions": 3, "opinions_answered": 4}, "opinions_answered", "part_larger"),
    ],
)
def test_a_day_that_cannot_be_is_refused_at_its_field(given: dict, field: str, code: str) -> None:
    assert [(fault.field, fault.code) for fault in resettlement_rules.day_faults(given, DAY)] == [(field, code)]


GOOD = {
    "households_affected": 40, "households_approved": 30, "households_paid": 20, "households_moved": 10,
    "plots_total": 44, "plots_ready": 12, "money_approved": 9_000_000_000, "money_paid": 5_000_000_000,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"households_approved": 41}, "households_approved", "part_larger"),
        ({"households_paid": 31}, "households_paid", "part_larger"),
        ({"households_approved": None, "households_paid": 41}, "households_paid", "part_larger"),
        ({"households_moved": 41}, "households_moved", "part_larger"),
        ({"plots_ready": 45}, "plots_ready", "part_larger"),
        ({"money_paid": 9_000_000_001}, "money_paid", "part_larger"),
        ({"money_paid": -1}, "money_paid", "out_of_range"),
        ({"households_affected": 2**31}, "households_affected", "out_of_range"),
    ],
)
def test_numbers_that_do_not_fit_are_refused_at_their_field(changed: dict, field: str, code: str) -> None:
    assert resettlement_rules.count_faults(GOOD) == []
    assert [(fault.field, fault.code) for fault in resettlement_rules.count_faults(GOOD | changed)] == [(field, code)]


def test_a_few_households_stand_beside_no_money() -> None:
    few = {"households_affected": 9, "money_approved": 1}
    assert resettlement_rules.count_faults(few) == [Fault("money_approved", "small_money", most=10)]
    assert resettlement_rules.count_faults({"households_affected": 9}) == []


def test_a_number_that_fell_is_told_with_both_days() -> None:
    rows = [{"on": DAY, "households_paid": 20}, {"on": DAY + days(5)}, {"on": DAY + days(9), "households_paid": 18}]
    (fault,) = resettlement_rules.falls(rows)
    assert (fault.field, fault.facts["on"], fault.facts["before"]) == ("households_paid", DAY + days(9), DAY)
