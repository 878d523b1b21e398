"""What screening found, and what it says of a question or a column."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in a text, counted in code points of its tidy (NFC) form; kinds: phone, id_number, email,
    person_name, house_plot."""

    kind: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a question or column is refused: a reason code and a Vietnamese sentence for its author."""

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class RowFinding:
    """A refused row of an uploaded form; `row` counts from 0 in the survey sheet."""

    row: int
    name: str
    verdict: Verdict


SENTENCES = {
    "phone": "Không thu số điện thoại hay cách liên lạc của người nào.",
    "id": "Không thu số giấy tờ hay số tài khoản của người nào.",
    "email": "Không thu thư điện tử hay tài khoản cá nhân.",
    "address": "Không thu địa chỉ nhà ở.",
    "parcel": "Không thu số thửa, số tờ bản đồ của hộ.",
    "person": "Không thu họ tên, tuổi, giấy tờ, ảnh hay điều gì về một người.",
    "clergy": "Không thu điều gì về chức sắc, chức việc, nhà tu hành.",
    "belief": "Không hỏi tôn giáo, tín ngưỡng của người hay hộ.",
    "attendance": "Không đếm người dự lễ, buổi nhóm, sinh hoạt tôn giáo.",
    "registration": "Không thu tình trạng đăng ký hoạt động tôn giáo.",
    "dispute": "Không thu mâu thuẫn, tranh chấp nội bộ.",
    "ethnicity": "Không hỏi dân tộc, tiếng mẹ đẻ của người hay hộ.",
    "opinion_loyalty": "Không hỏi quan điểm, thái độ, sự ủng hộ hay phản đối.",
    "metadata": "Không thu dấu vết của máy hay người điền (vị trí ngầm, ghi âm ngầm, mã máy, tài khoản).",
    "place_unmapped": "Câu hỏi vị trí phải ghi vào một lớp (save_to).",
}


def refuse(reason: str) -> Verdict:
    """The verdict for a reason code."""
    return Verdict(reason, SENTENCES[reason])
