"""What a religious site's own name says of it: tradition and facility, and whether it is a private home (S3)."""

import re
from dataclasses import dataclass, field

# A clan's hall is a house unless it is ranked heritage; homes and meeting points of groups are never taken.
PRIVATE = re.compile(
    r"\b(?:nhà riêng|tư gia|tư thất|nhà (?:ông|bà|anh|chị)\b|hộ (?:ông|bà|gia đình)|tại nhà"
    r"|điểm nhóm|nhóm sinh hoạt|điểm sinh hoạt)"
)
CLAN = re.compile(r"\b(?:nhà thờ (?:dòng |chi )?(?:tộc|họ(?! đạo))|từ đường)\b")

FACILITIES = (
    (re.compile(r"\bchùa\b"), "chua"),
    (re.compile(r"\bnhà nguyện\b"), "nha_nguyen"),
    (re.compile(r"\bthánh thất\b"), "thanh_that"),
    (re.compile(r"\b(?:nhà thờ|giáo xứ|giáo họ|giáo điểm|họ đạo)\b"), "nha_tho"),
    (re.compile(r"\bthánh đường\b"), "thanh_duong"),
    (
        re.compile(r"\b(?:tịnh xá|tịnh thất|thiền viện|niệm phật đường|tu viện|đan viện|hội quán)\b"),
        "co_so_ton_giao_khac",
    ),
    (re.compile(r"^(?:đình)\b"), "dinh"),
    (re.compile(r"^(?:đền)\b"), "den"),
    (re.compile(r"^(?:miếu)\b"), "mieu"),
)
TRADITIONS = (
    (re.compile(r"\btin lành\b"), "tin_lanh"),
    (re.compile(r"\bcao đài\b|\bthánh thất\b"), "cao_dai"),
    (
        re.compile(r"\b(?:giáo xứ|giáo họ|giáo điểm|giáo hạt|họ đạo|đan viện|công giáo|chính tòa|don bosco)\b"),
        "cong_giao",
    ),
    (re.compile(r"\bhòa hảo\b"), "pg_hoa_hao"),
    (re.compile(r"\b(?:chùa|tịnh xá|tịnh thất|thiền viện|niệm phật đường)\b"), "phat_giao"),
    (re.compile(r"\bhồi giáo\b|\bmasjid\b|\bsurau\b"), "hoi_giao"),
    (re.compile(r"^(?:đình|đền|miếu)\b"), "tin_nguong"),
)
# Protestant churches say so in their names; a reviewer sees that this one was only assumed.
USUALLY = {"nha_tho": "cong_giao", "nha_nguyen": "cong_giao"}


@dataclass(frozen=True)
class Told:
    """Values by field key; `assumed` names those that are usual rather than said; `private`: home, clan or empty."""

    values: dict[str, str] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    private: str = ""


def read(name: str) -> Told:
    """What the name says; nothing where it says nothing."""
    lowered = name.lower()
    if PRIVATE.search(lowered):
        return Told(private="home")
    if CLAN.search(lowered):
        return Told(private="clan")
    values = {}
    facility = _first(FACILITIES, lowered)
    tradition = _first(TRADITIONS, lowered)
    assumed = frozenset({"tradition"}) if tradition is None and facility in USUALLY else frozenset()
    if facility:
        values["facility_type"] = facility
        tradition = tradition or USUALLY.get(facility)
    if tradition:
        values["tradition"] = tradition
    return Told(values, assumed)


def _first(words: tuple[tuple[re.Pattern[str], str], ...], name: str) -> str | None:
    return next((code for pattern, code in words if pattern.search(name)), None)
