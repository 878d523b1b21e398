"""bao_cao.txt: what a file could not hold, line by line, so that nothing is lost in silence."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

_HEADINGS = {
    "masked": "Che hoặc không đưa ra theo quy định",
    "wgs84": "Định dạng này luôn dùng WGS 84 (EPSG:4326), không dùng hệ tọa độ đã chọn",
    "cut": "Văn bản bị cắt",
    "no_geometry": "Dòng không có hình",
    "outside": "Dòng có tọa độ ngoài vùng chiếu được (giữ trong khong_hinh.csv)",
    "other_geometry": "Dòng có loại hình tệp này không chứa được (giữ trong khong_hinh.csv)",
    "unwritable": "Giá trị tệp này không ghi được (để trống)",
    "rounded": "Số bị làm tròn",
    "time_dropped": "Cột ngày giờ chỉ giữ ngày",
    "empty": "Chuỗi rỗng ghi như ô trống (NULL)",
    "null_number": "Ô số để trống: một số chương trình hiện là 0",
    "null_date": "Ô ngày để trống: một số chương trình hiện là 0",
    "control": "Ký tự điều khiển tệp này không chứa được, đã bỏ",
    "renamed": "Tên cột rút gọn còn 10 ký tự (xem truong.csv)",
    "converted": "Kiểu giá trị được chuyển (xem truong.csv)",
    "defused": "Ô bắt đầu như công thức, thêm dấu ' phía trước",
    "sheets": "Lớp chia thành nhiều trang tính",
    "reading": "Lưu ý khi mở tệp",
    "warning": "Cảnh báo của GDAL",
}


_LOST = ("masked", "cut", "unwritable", "rounded", "time_dropped", "control")


def heading(kind: str) -> str:
    """What a kind of loss is called in the report."""
    return _HEADINGS[kind]


@dataclass
class LossReport:
    """How many of each kind; the lines themselves are in bao_cao.txt."""

    rows: int = 0
    written: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> int:
        """Rows or values that are in the database and not, or not wholly, in the file."""
        return sum(self.counts[kind] for kind in _LOST) + (self.rows - self.written)


class Writer:
    """Streams the lines of one report; memory stays the same however many there are."""

    def __init__(self, path: Path, head: Iterable[str]) -> None:
        self.report = LossReport()
        self._path, self._head, self._last = path, list(head), ""
        self._lines: TextIO

    def __enter__(self) -> Self:
        self._lines = self._path.with_suffix(".lines").open("w+", encoding="utf-8")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._lines.close()
            self._path.with_suffix(".lines").unlink(missing_ok=True)

    def add(self, kind: str, line: str, count: int = 1) -> None:
        """One line under the heading of its kind; kinds come one after the other."""
        if kind != self._last:
            self._lines.write(f"\n{_HEADINGS[kind]}:\n")
            self._last = kind
        self.report.counts[kind] += count
        self._lines.write(f"- {line}\n")

    def _finish(self) -> None:
        # Several layers share the file; the mark at its beginning is written once.
        with self._path.open("a", encoding="utf-8-sig", newline="\r\n") as out:
            if out.tell():
                out.write("\n")
            for line in self._head:
                out.write(f"{line}\n")
            out.write(f"Số dòng: {self.report.rows}. Ghi vào tệp: {self.report.written}.\n")
            if not self.report.counts:
                out.write("Không có gì bị cắt, bỏ hay che.\n")
            for kind, count in self.report.counts.items():
                out.write(f"{_HEADINGS[kind]}: {count}\n")
            self._lines.seek(0)
            for line in self._lines:
                out.write(line)
