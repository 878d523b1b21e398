"""Figures of the offices' work: resettlement, community models, democracy checks, joint activities."""

from geodata.units import COMMUNE
from surveys.figures.declared import RECORDED, SMALLEST, Figure, Sums, counted, people
from surveys.layers.democracy_checks import layer as checks

PROJECTS, MODELS, CHECKS, ACTIVITIES = (
    "resettlement_projects", "community_models", "democracy_checks", "joint_activities",
)  # fmt: skip
PILLARS = tuple(field.key for field in checks.fields if field.list == "check_results")
BEHIND = "f.next_on < :until AND f.next_milestone IS NOT NULL"
# A day on which it was held, or fell due, within the period.
CHECKED = "f.checked_on BETWEEN :first AND :until"
HELD = "f.done_on BETWEEN :first AND :until"


def _progress(key: str, title: str, title_en: str, n: str, of: str) -> Figure:
    """A share of projects' numbers; a project that doesn't know both counts in neither.

    Nor does one of whose households so few are counted that a share and its whole would tell them (S6).
    """
    known = f"f.{n} IS NOT NULL AND f.{of} IS NOT NULL"
    few = " OR ".join(
        f"f.{column} BETWEEN 1 AND {SMALLEST - 1}" for column in (n, of) if column.startswith("households")
    )
    told = f"{known} AND NOT ({few})" if few else known
    return Figure(
        key, PROJECTS, title, title_en, "%", "%", n=f"sum(f.{n}) FILTER (WHERE {told})",
        of=f"sum(f.{of}) FILTER (WHERE {told})", small=counted(f"{known} AND ({few})") if few else "",
        holds=RECORDED, finest=COMMUNE, worse="less", decimals=1,
    )  # fmt: skip


RESETTLEMENT = (
    Figure("projects", PROJECTS, "Dự án tái định cư", "Resettlement projects", "dự án", "projects",
           n="count(*)", holds=RECORDED, finest=COMMUNE),
    Figure("projects_behind", PROJECTS, "Dự án chậm mốc", "Projects behind their milestone", "dự án", "projects",
           n=counted(BEHIND), holds=RECORDED, finest=COMMUNE, worse="more"),
    Figure("project_households", PROJECTS, "Số hộ bị ảnh hưởng bởi dự án", "Households affected by projects",
           "hộ", "households", holds=RECORDED, **people("households_affected")),
    _progress("households_paid", "Tỷ lệ hộ đã nhận tiền", "Households paid", "households_paid", "households_affected"),
    _progress("households_moved", "Tỷ lệ hộ đã chuyển đến", "Households moved", "households_moved",
              "households_affected"),
    _progress("plots_ready", "Tỷ lệ lô sẵn sàng", "Plots ready", "plots_ready", "plots_total"),
)  # fmt: skip
MODELS_FIGURES = (
    Figure("models_new", MODELS, "Mô hình đăng ký trong kỳ", "Models registered", "mô hình", "models",
           n="count(*)", holds="f.registered_on BETWEEN :first AND :until", sums=Sums("models")),
    Figure("models_kept", MODELS, "Mô hình đang duy trì", "Models kept up", "mô hình", "models",
           n=counted("f.state <> 'dung'"), holds="f.registered_on <= :until",
           sums=Sums("models", "models_kept", ever=True)),
    Figure("models_recognised", MODELS, "Tỷ lệ mô hình được công nhận", "Models recognised", "%", "%",
           n=counted("f.recognised_on <= :until"), of="count(*)", holds="f.registered_on <= :until", decimals=1,
           sums=Sums("models", "models_recognised", "models", ever=True)),
    Figure("model_households", MODELS, "Số hộ được hưởng lợi từ mô hình", "Households reached by models", "hộ",
           "households", holds="f.registered_on <= :until", **people("households_reached", Sums(
               "models", "model_households", small="model_few", known="model_known", ever=True))),
)  # fmt: skip
CHECKS_FIGURES = (
    Figure("checks", CHECKS, "Lượt kiểm tra dân chủ ở cơ sở", "Democracy checks held", "lượt", "checks",
           n="count(*)", holds=CHECKED, sums=Sums("checks")),
    Figure("checks_done", CHECKS, "Tỷ lệ nội dung dân chủ đã làm", "Items of democracy done", "%", "%",
           n=" + ".join(counted(f'f."{pillar}" = \'dat\'') for pillar in PILLARS),
           of=" + ".join(f'count(f."{pillar}")' for pillar in PILLARS),
           holds=CHECKED, worse="less", decimals=1, sums=Sums("checks", "check_items_done", "check_items")),
)  # fmt: skip
ACTIVITY_FIGURES = (
    Figure("activities", ACTIVITIES, "Hoạt động đã thực hiện", "Activities held", "hoạt động", "activities",
           n="count(*)", holds=HELD, sums=Sums("activities")),
    Figure("activities_put_off", ACTIVITIES, "Hoạt động chưa thực hiện theo kế hoạch", "Activities not held as planned",
           "hoạt động", "activities", n=counted("f.done_on IS NULL OR f.done_on > :until"),
           holds="f.planned_on BETWEEN :first AND :until", worse="more",
           sums=Sums("activities_planned", less="activities_kept_{kind}")),
    Figure("activity_households", ACTIVITIES, "Số hộ được giúp", "Households helped", "hộ", "households",
           holds=HELD, **people("households_reached", Sums(
               "activities", "activity_households", small="activity_few", known="activity_known"))),
)  # fmt: skip
