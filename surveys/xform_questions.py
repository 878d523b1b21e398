"""What an XForm would put before people: every question and group with its words in all languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from surveys.form_definition import GEO_KINDS, SAVE_TO, XFORMS

_BODY = "{http://www.w3.org/1999/xhtml}body"
_CONTROLS = frozenset({"input", "select", "select1", "upload", "trigger", "range", "rank", "group", "repeat"})
_ITEXT = re.compile(r"jr:itext\('([^']*)'\)|jr:itext\(([^)']+)\)")
_INSTANCE = re.compile(r"instance\('([^']+)'\)")
_PLAIN = frozenset({"long", "short", "guidance", ""})  # forms of a text that are words, not files
_UPLOADS = {"image": "image", "audio": "audio", "video": "video"}


@dataclass(frozen=True)
class Asked:
    """One question or group: `kind` is its XLSForm type (of a list: "select_one"), texts are of every language."""

    name: str
    path: str
    kind: str
    labels: list[str]
    hints: list[str]
    choices: list[str]
    list_file: str  # name of the file its choices come from, "" where they are in the form
    save_to: str
    appearance: str
    readonly: bool
    grouping: bool


@dataclass
class Form:
    """An XForm's parts by path and id, for looking up while its body is walked."""

    document: "etree._Element"
    texts: dict[str, list[str]] = field(default_factory=dict)  # itext id → its words in every language
    files: set[str] = field(default_factory=set)  # jr:// addresses in texts
    binds: dict[str, "etree._Element"] = field(default_factory=dict)
    lists: dict[str, "etree._Element"] = field(default_factory=dict)


def opened(xform: str) -> Form:
    """Looks an XForm through once. Raises etree.XMLSyntaxError."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True)
    document = etree.fromstring(xform.encode(), parser)
    form = Form(document)
    for text in document.iter(f"{XFORMS}text"):
        words = form.texts.setdefault(text.get("id", ""), [])
        for value in text.findall(f"{XFORMS}value"):
            said = _words_of(value)
            if value.get("form", "") in _PLAIN:
                words.append(said)
            elif said:
                form.files.add(said)
    for bind in document.iter(f"{XFORMS}bind"):
        form.binds[bind.get("nodeset", "")] = bind
    for instance in document.iter(f"{XFORMS}instance"):
        if instance.get("id"):
            form.lists[instance.get("id", "")] = instance
    return form


def asked(form: Form) -> Iterator[Asked]:
    """Every control of the body in its order."""
    body = form.document.find(_BODY)
    for element in () if body is None else body.iter():
        tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if tag not in _CONTROLS:
            continue
        path = element.get("ref") or element.get("nodeset") or ""
        bind = form.binds.get(path)
        choices, list_file = _choices(form, element)
        yield Asked(
            name=path.rsplit("/", 1)[-1],
            path=path,
            kind=_kind(tag, element, bind),
            labels=_said(form, element, "label"),
            hints=_said(form, element, "hint"),
            choices=choices,
            list_file=list_file,
            save_to="" if bind is None else bind.get(SAVE_TO, ""),
            appearance=element.get("appearance", ""),
            readonly=bind is not None and bind.get("readonly") == "true()",
            grouping=tag in ("group", "repeat"),
        )


def _kind(tag: str, element: "etree._Element", bind: "etree._Element | None") -> str:
    given = "string" if bind is None else bind.get("type", "string")
    given = given.rsplit(":", 1)[-1]
    if tag in ("group", "repeat"):
        return tag
    if tag == "upload":
        return _UPLOADS.get(element.get("mediatype", "").split("/")[0], "file")
    if tag in ("select", "select1"):
        return "select_one" if tag == "select1" else "select_multiple"
    if tag in ("trigger", "range", "rank"):
        return {"trigger": "acknowledge"}.get(tag, tag)
    if given in GEO_KINDS or given == "barcode":
        return given
    return {"string": "text", "int": "integer"}.get(given, given)


def _said(form: Form, element: "etree._Element", tag: str) -> list[str]:
    """The words of a label or hint in every language, with the places of inserted answers left out."""
    found = element.find(f"{XFORMS}{tag}")
    if found is None:
        return []
    reference = _ITEXT.search(found.get("ref", ""))
    if reference:
        return [words for words in form.texts.get(reference[1] or "", []) if words]
    plain = _words_of(found)
    return [plain] if plain else []


def _words_of(element: "etree._Element") -> str:
    return " ".join("".join(str(part) for part in element.itertext()).split())


def _choices(form: Form, element: "etree._Element") -> tuple[list[str], str]:
    labels: list[str] = []
    for item in element.findall(f"{XFORMS}item"):
        labels += _said(form, item, "label")
    itemset = element.find(f"{XFORMS}itemset")
    if itemset is None:
        return labels, ""
    named = _INSTANCE.search(itemset.get("nodeset", ""))
    source = form.lists.get(named[1]) if named else None
    if source is None:
        return labels, ""
    if source.get("src"):
        return labels, source.get("src", "").rsplit("/", 1)[-1]
    for item in source.iter(f"{XFORMS}item"):
        for cell in item:
            tag = str(etree.QName(cell).localname)
            if tag == "itextId":
                labels += [words for words in form.texts.get(cell.text or "", []) if words]
            elif tag != "name" and cell.text:
                labels.append(cell.text)
    return labels, ""
