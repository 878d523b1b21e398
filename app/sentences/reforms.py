"""Problems of reforms of units and of checking geometry: code → status, Vietnamese sentence, English sentence."""

from app.sentences import Said

TABLE: dict[str, Said] = {
    "reform_refused": Said(
        422,
        "{count} dòng của tệp cải cách không dùng được, chưa thay đổi gì. Dòng đầu: {first}. Hãy sửa rồi nạp lại.",
        "{count} rows of the reform can't be used; nothing was changed. First: {first}. Mend them and load again.",
    ),
    "reform_in_future": Said(
        422,
        "Ngày hiệu lực {on} chưa đến. Hãy nạp tệp vào ngày đó hoặc sau đó.",
        "The day {on} hasn't come. Load the files on that day or later.",
    ),
    "reform_not_last": Said(
        409,
        "Còn đợt thay đổi đơn vị sau đó ({source}, {at}). Hãy hoàn tác đợt sau trước.",
        "A later change of units stands on it ({source}, {at}). Undo that one first.",
    ),
    "reform_undone": Said(409, "Đợt này đã được hoàn tác.", "This one was undone already."),
    "reform_figures_published": Said(
        409,
        "Đã chốt số liệu hạn chế theo các đơn vị mới ({quarters}) nên không hoàn tác được.",
        "Restricted figures were published in the new units ({quarters}): it can't be undone.",
    ),
}
