"""The fixed words of pages that leave: they are made in jobs, where no request says a language."""

VI: dict[str, str] = {
    "whole": "Cộng",
    "overall": "Chung",
    "reported": "{n} trên {of} đơn vị có số liệu",
    "until": "Số liệu đến ngày {day}",
    "waiting": "{n} phiếu chờ duyệt, chưa tính",
    "hidden_in": "{n} nơi không nêu số",
    "few_people": "{n} hồ sơ dưới 5 hộ, không cộng",
    "undated_requests": "{n} đề nghị chưa có thời hạn, không tính",
    "frozen": "Số đã chốt khi hết quý; từ 1 đến 4 ghi “ẩn”; cộng chỉ gồm nơi nêu số.",
    "approved": "Chỉ gồm nội dung đã duyệt.",
    "retold": "Kỳ đã qua, tính từ hồ sơ hôm nay: hồ sơ sửa sau kỳ cũng làm đổi số.",
    "upto": "đến {high} {unit}",
    "between": "trên {low} đến {high}",
    "none": "chưa có số liệu",
    "waits": "đang chờ duyệt",
    "hidden": "ẩn",
    "mixed": "không tách được",
    "unit": "Đơn vị",
    "note": "Ghi chú",
    "layer": "Lớp",
    "records": "Đã duyệt",
    "waiting_n": "Chờ duyệt",
    "boundaries": "Ranh giới",
    "boundary": "Ranh giới xã",
    "approximate": "Ranh giới gần đúng",
    "together": "Số trong vòng tròn: số hồ sơ ở nơi đó",
    "counts": "Số phản ánh từng xã",
    "scope": "Phạm vi: {place}",
    "not_here": "không nêu ở đây",
    "records_until": "Hồ sơ đã duyệt đến {day}",
    "reports_as_counts": "Phản ánh của người dân không đặt cạnh tôn giáo, dân tộc: chỉ hiện số lượng từng xã.",
}
EN: dict[str, str] = {
    "whole": "Total",
    "overall": "Overall",
    "reported": "{n} of {of} units have figures",
    "until": "Figures as of {day}",
    "waiting": "{n} forms wait for approval, not counted",
    "hidden_in": "{n} places without a number",
    "few_people": "{n} records of fewer than 5 households, not added",
    "undated_requests": "{n} requests without a deadline, not counted",
    "frozen": "Figures frozen at the quarter's end; 1 to 4 shown as “hidden”; totals add shown numbers only.",
    "approved": "Approved content only.",
    "retold": "A past period, told from today's records: what was corrected since changes it too.",
    "upto": "up to {high} {unit}",
    "between": "above {low} to {high}",
    "none": "no data",
    "waits": "waiting for approval",
    "hidden": "hidden",
    "mixed": "not divisible",
    "unit": "Unit",
    "note": "Note",
    "layer": "Layer",
    "records": "Approved",
    "waiting_n": "Waiting",
    "boundaries": "Boundaries",
    "boundary": "Commune boundary",
    "approximate": "Approximate boundary",
    "together": "Number in a disc: records at that place",
    "counts": "Reports by commune",
    "scope": "Area: {place}",
    "not_here": "not told here",
    "records_until": "Records approved by {day}",
    "reports_as_counts": "People's reports are not put beside faith or ethnicity: numbers by commune only.",
}
MARKS = {"none": "none", "waiting": "waits", "hidden": "hidden", "mixed": "mixed"}  # mark of a cell → word


def of(language: str) -> dict[str, str]:
    """The words in `vi` or `en`."""
    return EN if language == "en" else VI


def number(value: float | None, language: str, decimals: int = 0) -> str:
    """1234.5 → “1.234,5”, in English “1,234.5”; nothing is a dash, never 0."""
    if value is None:
        return "–"
    said = f"{value:,.{decimals}f}"
    return said if language == "en" else said.translate(str.maketrans(",.", ".,"))
