"""What an uploaded form must keep to so that it may feed its layer: columns, choices, place and photo (S3, S5, S10)."""

import re
from collections.abc import Collection, Iterator, Mapping

from surveys import xform_questions
from surveys.form_definition import GEO_KINDS, XFORMS, Definition, Node, Question
from surveys.form_faults import Fault
from surveys.layer import Layer
from surveys.layers import KEYS, named
from surveys.layers.situation_reports import RESTRICTED
from surveys.xform_questions import Form

SAVED_BESIDE_FIELDS = frozenset({"commune", "hamlet", "observed_on", "geometry"})
# Field kind → kinds of question that may feed it.
FEEDS = {
    "text": {"text"},
    "longtext": {"text"},
    "integer": {"int"},
    "money": {"int", "decimal"},
    "decimal": {"int", "decimal"},
    "date": {"date"},
    "boolean": {"select1"},
    "choice": {"select1"},
    "choices": {"select"},
    "document": {"binary"},
}
_FORM_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_VERSION = re.compile(r"[\w.+-]{1,32}", re.ASCII)
Codes = Mapping[str, Collection[str]]  # code list → its codes


def layer_of(form: Form) -> tuple[str | None, list[Fault]]:
    """Key of the layer the form feeds, None where it feeds none."""
    lists = [(entity.get("dataset", ""), entity) for entity in form.document.iter("{*}entity") if entity.get("dataset")]
    if not lists:
        return None, []
    name, entity = lists[0]
    if len(lists) > 1 or name not in KEYS:
        words = f"list_name phải là mã của một lớp ({', '.join(sorted(KEYS))}), và chỉ một."
        return None, [Fault(words, sheet="entities", row=2, column="list_name", about=name)]
    above = entity.getparent()
    root = None if above is None else above.getparent()
    if root is None or root.getparent() is None or "id" not in root.keys():  # noqa: SIM118 - an lxml element
        return name, [Fault("Đối tượng trong mục lặp chưa được nhận.", sheet="entities", row=2, about=name)]
    return name, []


def faults(form: Form, definition: Definition, codes: Codes, rows: dict[str, int]) -> Iterator[Fault]:
    """Everything wrong with a converted form; `rows` gives the line of each question by its name."""
    yield from _settings(definition)
    yield from _namespace(form)
    for name, words in _fields(form, definition, codes):
        yield Fault(words, sheet="survey" if name in rows else "", row=rows.get(name, 0), about=name)


def unmapped(form: Form, definition: Definition) -> list[str]:
    """Names of the questions whose answers go into no layer: they show in review only."""
    notes = {one.name for one in xform_questions.asked(form) if one.readonly}
    shown = {one.name for one in xform_questions.asked(form) if not one.grouping} - notes
    return [
        question.name
        for question in definition.questions.values()
        if question.save_to is None
        and question.kind not in ("binary", "entity")
        and question.name in shown
        and question.name != definition.label
    ]


def _settings(definition: Definition) -> Iterator[Fault]:
    if not _FORM_ID.fullmatch(definition.form_id):
        words = "form_id chỉ gồm chữ không dấu, số, dấu _ - . (nhiều nhất 64 chữ)."
        yield Fault(words, sheet="settings", row=2, column="form_id", about=definition.form_id[:100])
    if not _VERSION.fullmatch(definition.version):
        words = "version chỉ gồm chữ không dấu, số, dấu _ - . + (nhiều nhất 32 chữ)."
        yield Fault(words, sheet="settings", row=2, column="version", about=definition.version[:100])
    if definition.form_id in KEYS:
        words = "form_id trùng với biểu mẫu của một lớp, hãy đặt tên khác."
        yield Fault(words, sheet="settings", row=2, column="form_id", about=definition.form_id)


def _namespace(form: Form) -> Iterator[Fault]:
    """The phone's engine opens no form whose answers stand in a namespace that is no address."""
    root = next((child for instance in form.document.iter(f"{XFORMS}instance") for child in instance), None)
    space = "" if root is None else str(root.tag).rpartition("}")[0].removeprefix("{")
    if space and not re.match(r"(?:https?|urn):", space):
        words = "instance_xmlns phải là một địa chỉ (http://…); nếu không, điện thoại không mở được biểu mẫu."
        yield Fault(words, sheet="settings", row=2, column="instance_xmlns", about=space[:100])


def _fields(form: Form, definition: Definition, codes: Codes) -> Iterator[tuple[str, str]]:
    layer = None if definition.layer is None else named(definition.layer)
    yield from _files(definition, layer)
    if layer is None:
        return
    fields = {field.key: field for field in layer.fields if field.asked}
    saved = dict(definition.saved)
    if definition.label in definition.questions:
        saved.setdefault(layer.label, definition.questions[definition.label])
    for key, question in saved.items():
        field = fields.get(key)
        if field is None:
            if key not in SAVED_BESIDE_FIELDS:
                yield question.name, f"Lớp không có cột “{key}”."
            continue
        if question.kind not in FEEDS[field.kind]:
            yield question.name, f"Kiểu câu hỏi không hợp với cột “{key}”."
        allowed = {"true", "false"} if field.kind == "boolean" else set(codes.get(field.list or "", ()))
        if field.kind in ("boolean", "choice", "choices") and not (question.choices or {""}) <= allowed:
            yield question.name, f"Lựa chọn không thuộc danh mục của cột “{key}”."
    needed = {field.key for field in fields.values() if field.required and not field.relevant}
    for key in sorted((needed | {"commune", "observed_on"}) - set(saved)):
        yield key, "Cột bắt buộc của lớp chưa có câu hỏi (save_to)."
    yield from _names(definition, saved)
    if layer.key == "religious_sites":
        yield from _beside(form, definition)
    if layer.geometry_relevant:
        yield from _place_always_asked(form, definition)


def _names(definition: Definition, saved: dict[str, Question]) -> Iterator[tuple[str, str]]:
    """Answers are read by name: one that is saved stands once, and not in a repeat."""
    names = [path.rsplit("/", 1)[-1] for path in definition.questions]
    repeated = set(_inside_repeats(definition.root, inside=False))
    for question in saved.values():
        if names.count(question.name) > 1:
            yield question.name, "Câu ghi vào lớp phải có tên riêng, không trùng ở nhóm khác."
        if question.name in repeated:
            yield question.name, "Câu ghi vào lớp không được nằm trong mục lặp."


def _inside_repeats(node: Node, *, inside: bool) -> Iterator[str]:
    for name, child in node.children.items():
        if child.question is not None and inside:
            yield name
        yield from _inside_repeats(child, inside=inside or child.repeat)


def _files(definition: Definition, layer: Layer | None) -> Iterator[tuple[str, str]]:
    """Photos are for service reports and sites only (S10); documents only for a column that keeps them."""
    for question in definition.questions.values():
        if question.kind == "binary" and question.save_to is None and not (layer is not None and layer.photos):
            yield question.name, "Chỉ biểu mẫu của lớp phản ánh dịch vụ và cơ sở mới lấy ảnh, tệp."
        if question.kind in GEO_KINDS and question.save_to != "geometry":
            yield question.name, "Câu hỏi vị trí phải ghi vào cột geometry của một lớp (save_to)."


def _beside(form: Form, definition: Definition) -> Iterator[tuple[str, str]]:
    """No free questions beside a religious site's own columns (S3)."""
    notes = {one.name for one in xform_questions.asked(form) if one.readonly}
    for path, question in definition.questions.items():
        own = question.save_to or question.name == definition.label or question.kind in ("binary", "entity")
        if not own and question.name not in notes and not path.startswith("meta/"):
            yield question.name, "Biểu mẫu về cơ sở tôn giáo không được có câu hỏi ngoài các cột của lớp."


def _place_always_asked(form: Form, definition: Definition) -> Iterator[tuple[str, str]]:
    """Place and photo must not be asked where the category is a restricted one (S5)."""
    category = definition.saved.get("category")
    if category is None:
        return
    paths = {question.name: f"/{definition.root_name}/{path}" for path, question in definition.questions.items()}
    chosen = paths[category.name]
    for path, question in definition.questions.items():
        if question.kind not in GEO_KINDS and question.kind != "binary":
            continue
        bind = form.binds.get(f"/{definition.root_name}/{path}")
        asked = re.sub(r"\s", "", "" if bind is None else bind.get("relevant", "")).replace('"', "'")
        excluded = all(f"{chosen}!='{code}'" in asked for code in RESTRICTED)
        # Only plain conjunctions are understood here; anything cleverer might let one through.
        if not excluded or re.search(r"or|not\(", re.sub(r"'[^']*'|/[\w/.-]+?(?=!=)", "", asked)):
            yield question.name, "Chỉ được hỏi (relevant) khi lĩnh vực không phải loại hạn chế."
