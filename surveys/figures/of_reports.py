"""Figures of service reports: what came in, is open, overdue, answered in time; and the frozen cube."""

from surveys.figures.declared import OBSERVED, RECORDED, Figure, Sums, counted, people, restricted
from surveys.layers.situation_reports import RESTRICTED

LAYER = "situation_reports"
# Open at the end of the period: still open now, or answered or closed only after it.
OPEN = (
    "CASE WHEN f.state IN ('mo', 'dang_xu_ly', 'mo_lai') THEN TRUE"
    " ELSE coalesce(f.answered_on, (f.updated_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) > :until END"
)
OVERDUE = f"({OPEN}) AND f.due_on < :until"
REPORTS = ("phản ánh", "reports")
SHARE = ("%", "%")

_TITLES = {
    "dat_dai_boi_thuong": ("Phản ánh về đất đai, bồi thường", "Reports on land and compensation"),
    "doi_song_tai_dinh_cu": ("Phản ánh về đời sống tái định cư", "Reports on life after resettlement"),
    "chinh_sach_xa_hoi": ("Phản ánh về chính sách xã hội", "Reports on social policy"),
    "mau_thuan_cong_dong": ("Phản ánh về mâu thuẫn cộng đồng", "Reports on community disputes"),
}

FIGURES = (
    Figure(
        "reports", LAYER, "Phản ánh nhận trong kỳ", "Reports received", *REPORTS, n="count(*)", holds=OBSERVED,
        sums=Sums("reports"),
    ),
    Figure(
        "reports_open", LAYER, "Phản ánh chưa trả lời", "Reports not answered", *REPORTS,
        n=counted(OPEN), holds=RECORDED, worse="more", sums=Sums("reports", "reports_open", ever=True),
    ),
    Figure(
        "reports_overdue", LAYER, "Phản ánh cơ quan để quá hạn", "Reports offices left overdue", *REPORTS,
        n=counted(OVERDUE), holds=RECORDED, worse="more", sums=Sums("reports", "reports_overdue", ever=True),
    ),
    Figure(
        "reports_overdue_share", LAYER, "Tỷ lệ quá hạn trong phản ánh chưa trả lời", "Overdue share of open reports",
        *SHARE, n=counted(OVERDUE), of=counted(OPEN), holds=RECORDED, worse="more", decimals=1,
        sums=Sums("reports", "reports_overdue", "reports_open", ever=True),
    ),
    Figure(
        "reports_in_time", LAYER, "Tỷ lệ trả lời đúng hạn", "Answered in time", *SHARE,
        n=counted("f.answered_on <= f.due_on"), of="count(*)", holds="f.answered_on BETWEEN :first AND :until",
        worse="less", decimals=1, sums=Sums("reports_answered", "reports_in_time", "reports_answered"),
    ),
    Figure(
        "report_households", LAYER, "Số hộ bị ảnh hưởng nêu trong phản ánh", "Households affected, as reported",
        "hộ", "households", holds=OBSERVED, **people(
            "households_affected", Sums("reports", "report_households", small="report_few", known="report_known")
        ),
    ),
)  # fmt: skip
CUBE = tuple(restricted(category, *_TITLES[category]) for category in RESTRICTED)
