"""What no form may do, whoever wrote it: ask what S1 forbids, look where nobody sees, read or send elsewhere."""

import re
from collections.abc import Iterator

from lxml import etree

from surveys import screening, xform_questions
from surveys.form_definition import COMMUNES, HAMLETS, XFORMS
from surveys.form_faults import Fault
from surveys.layers import KEYS, named
from surveys.xform_questions import Asked, Form

_PRELOAD = "{http://openrosa.org/javarosa}preload"
_PRELOAD_PARAMS = "{http://openrosa.org/javarosa}preloadParams"
_PRELOADS = frozenset({"timestamp", "date", "uid"})
_UNSEEN = frozenset({"setgeopoint", "recordaudio"})
_FILE = re.compile(r"jr://(?:file|file-csv|images|audio|video)/([^/\\:?#%\x00-\x1f]{1,120})")
_LAST_SAVED = "jr://instance/last-saved"
# The lists the server gives to every form: units, and the features a form may update.
GIVEN = frozenset({f"{COMMUNES}.csv", f"{HAMLETS}.csv", *(f"{key}.csv" for key in KEYS)})
_NO_MARKS = "metadata"


def faults(form: Form, layer: str | None, rows: dict[str, int]) -> Iterator[Fault]:
    """`layer` is the key of the layer it feeds, `rows` gives the line of each question by its name."""
    own = _own_words(layer)
    for question in xform_questions.asked(form):
        # What a layer asks itself, in its own words, isn't a question of the form's author.
        known = bool(question.save_to and question.labels) and set(question.labels) <= own.get(question.save_to, set())
        verdict = None if known else _verdict(question)
        if verdict is not None:
            yield Fault(
                verdict.sentence,
                sheet="survey",
                row=rows.get(question.name, 0),
                column="label" if question.labels else "name",
                about=(question.labels or [question.name])[0][:200],
            )
    yield from _unseen(form, rows)
    yield from _elsewhere(form)


def files(form: Form) -> set[str]:
    """Names of the files the form needs beside the lists the server gives."""
    found = set()
    for address in [*form.files, *(instance.get("src", "") for instance in form.lists.values())]:
        named = _FILE.fullmatch(address)
        if named and named[1] not in GIVEN:
            found.add(named[1])
    return found


def _own_words(layer: str | None) -> dict[str, set[str]]:
    if layer is None:
        return {}
    return {
        field.key: {f"{words}{unit}" for words in (field.label, field.label_en) for unit in ("", f" ({field.unit})")}
        for field in named(layer).fields
    }


def _verdict(question: Asked) -> screening.Verdict | None:
    if question.readonly and question.kind == "text":
        return None  # a note: nothing can be entered
    if "signature" in question.appearance:
        return screening.refuse("person")
    hints = " ".join(question.hints)
    for label in question.labels or [""]:
        name = "" if question.grouping else question.name
        kind = "text" if question.grouping else question.kind
        verdict = screening.question(name, label, kind, hints, question.choices, question.save_to)
        if verdict is not None and (label or not question.grouping):
            return verdict
    return None


def _unseen(form: Form, rows: dict[str, int]) -> Iterator[Fault]:
    words = screening.refuse(_NO_MARKS).sentence
    for path, bind in form.binds.items():
        preload = bind.get(_PRELOAD)
        if preload is not None and preload not in _PRELOADS:
            name = path.rsplit("/", 1)[-1]
            about = f"{preload}: {bind.get(_PRELOAD_PARAMS, '')}"
            yield Fault(words, sheet="survey", row=rows.get(name, 0), about=about)
        if path.endswith("/meta/audit"):
            yield Fault(words, sheet="survey", row=rows.get("audit", 0), about="audit")
    for element in form.document.iter():
        if isinstance(element.tag, str) and etree.QName(element).localname in _UNSEEN:
            name = element.get("ref", "").rsplit("/", 1)[-1]
            yield Fault(words, sheet="survey", row=rows.get(name, 0), about=str(etree.QName(element).localname))


def _elsewhere(form: Form) -> Iterator[Fault]:
    """Files outside the form's own, and addresses to send to that aren't ours (S13)."""
    for submission in form.document.iter(f"{XFORMS}submission"):
        if submission.get("action"):
            words = "Biểu mẫu không được gửi đi máy chủ khác."
            yield Fault(words, sheet="settings", column="submission_url", about=submission.get("action", "")[:200])
        if submission.get("base64RsaPublicKey"):
            words = "Không nhận biểu mẫu mã hóa bằng khóa riêng: máy chủ không kiểm tra được. Hệ thống tự mã hóa phiếu."
            yield Fault(words, sheet="settings", column="public_key")
    addresses = {instance.get("src", "") for instance in form.lists.values()} | form.files
    for address in sorted(addresses - {"", _LAST_SAVED}):
        if not _FILE.fullmatch(address):
            yield Fault("Biểu mẫu chỉ được dùng tệp kèm theo nó, gọi bằng tên tệp.", about=address[:200])
    for element in form.document.iter():
        if isinstance(element.tag, str) and (element.get("src") or "") not in addresses | {""}:
            yield Fault("Biểu mẫu chỉ được dùng tệp kèm theo nó, gọi bằng tên tệp.", about=element.get("src", "")[:200])
