"""What a stored XForm asks: its tree of questions, their types and choices, and what each saves to."""

import re
from dataclasses import dataclass, field
from typing import ClassVar

from lxml import etree

from geodata.problems import Problem

XFORMS = "{http://www.w3.org/2002/xforms}"
SAVE_TO = "{http://www.opendatakit.org/xforms/entities}saveto"
COMMUNES, HAMLETS = "communes", "hamlets"
GEO_KINDS = frozenset({"geopoint", "geotrace", "geoshape"})
_PATH = re.compile(r"/[\w/.-]+")
_INSTANCE = re.compile(r"instance\('([^']+)'\)")
# Added by clients to any form's meta, as OpenRosa allows; whatever else a form doesn't ask for is unknown.
_META_TEXTS = ("instanceID", "deprecatedID", "instanceName", "timeStart", "timeEnd")


class FormUnreadable(Problem):
    """A stored XForm that isn't one; facts: reason."""

    code: ClassVar[str] = "form_unreadable"


@dataclass(frozen=True)
class Question:
    """One node that holds an answer.

    `kind`: text, int, decimal, date, time, dateTime, geopoint, geotrace, geoshape, binary, select1, select, meta,
    entity (a feature's id).
    `choices` is None where any value may stand (or where `units` says which list of units they come from).
    `accuracy_m` is how exact a point is wanted.
    """

    name: str
    kind: str
    choices: frozenset[str] | None = None
    units: str | None = None
    save_to: str | None = None
    accuracy_m: float | None = None


@dataclass
class Node:
    """A group, a repeat or a question of the primary instance, by local name."""

    children: dict[str, "Node"] = field(default_factory=dict)
    question: Question | None = None
    repeat: bool = False


@dataclass(frozen=True)
class Definition:
    """A parsed form version; `layer` is the key of the layer it feeds, `label` the question a feature is named by."""

    form_id: str
    version: str
    layer: str | None
    root_name: str
    root: Node
    saved: dict[str, Question]  # save_to → question
    label: str | None
    questions: dict[str, Question]  # path below the root → question

    @property
    def visits(self) -> str | None:
        """The layer whose features the form updates, as its entity list is named; None where it only adds."""
        chosen = any(question.kind == "entity" for question in self.questions.values())
        return self.layer if chosen else None


def parse(xform: str, layer: str | None) -> Definition:
    """Reads an XForm. Raises FormUnreadable."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        document = etree.fromstring(xform.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise FormUnreadable(reason=str(error)) from error
    model = document.find(f".//{XFORMS}model")
    primary = None if model is None else next(iter(model.findall(f"{XFORMS}instance")), None)
    if model is None or primary is None or len(primary) != 1:
        raise FormUnreadable(reason="no primary instance")
    data = primary[0]
    prefix = f"/{_local(data)}"
    questions: dict[str, Question] = {}
    saved: dict[str, Question] = {}
    reader = _Reader(document, model, questions, saved)
    root = reader.node(data, prefix)
    _allow_meta(root)
    return Definition(
        form_id=data.get("id", ""),
        version=data.get("version", ""),
        layer=layer,
        root_name=_local(data),
        root=root,
        saved=saved,
        label=reader.label(prefix),
        questions=questions,
    )


class _Reader:
    """Binds, controls and secondary instances of one XForm, looked up by path while its tree is walked."""

    def __init__(
        self,
        document: "etree._Element",
        model: "etree._Element",
        questions: dict[str, Question],
        saved: dict[str, Question],
    ) -> None:
        self.questions, self.saved = questions, saved
        self.binds = {bind.get("nodeset", ""): bind for bind in model.findall(f"{XFORMS}bind")}
        self.lists = {instance.get("id", ""): instance for instance in model.findall(f"{XFORMS}instance")[1:]}
        id_bind = next((bind for path, bind in self.binds.items() if path.endswith("/meta/entity/@id")), None)
        self.entities = frozenset(() if id_bind is None else _PATH.findall(id_bind.get("calculate", "")))
        self.controls: dict[str, etree._Element] = {}
        self.repeats: set[str] = set()
        for element in document.iter():
            path = element.get("ref") or element.get("nodeset") or ""
            name = _local(element)
            if name == "repeat":
                self.repeats.add(path)
            elif name in ("input", "select", "select1", "upload", "trigger", "range", "rank"):
                self.controls[path] = element

    def node(self, element: "etree._Element", path: str) -> Node:
        here = Node(repeat=path in self.repeats)
        if len(element):
            for child in element:
                # A repeat stands twice where it has a template; the two are the same.
                here.children.setdefault(_local(child), self.node(child, f"{path}/{_local(child)}"))
        elif path in self.binds or path in self.controls:
            here.question = self.question(element, path)
        return here

    def question(self, element: "etree._Element", path: str) -> Question:
        bind = self.binds.get(path)
        control = self.controls.get(path)
        kind = "text" if bind is None else bind.get("type", "string")
        kind = {"string": "text", "integer": "int", "boolean": "text", "barcode": "text"}.get(kind, kind)
        choices, units = None, None
        if control is not None and _local(control) in ("select", "select1", "rank"):
            kind = "select1" if _local(control) == "select1" else "select"
            choices, units = self.choices(control)
        if path in self.entities:
            kind, choices = "entity", None
        save_to = None if bind is None else bind.get(SAVE_TO)
        question = Question(_local(element), kind, choices, units, save_to, _metres(control))
        if save_to:
            self.saved[save_to] = question
        self.questions[path.split("/", 2)[2]] = question
        return question

    def choices(self, control: "etree._Element") -> tuple[frozenset[str] | None, str | None]:
        items = frozenset(str(value.text) for value in control.findall(f"{XFORMS}item/{XFORMS}value"))
        itemset = control.find(f"{XFORMS}itemset")
        if itemset is None:
            return items, None
        found = _INSTANCE.search(itemset.get("nodeset", ""))
        source = self.lists.get(found.group(1)) if found else None
        if source is None:
            return None, None
        if source.get("src"):
            name = source.get("src", "").rsplit("/", 1)[-1].removesuffix(".csv")
            return None, name if name in (COMMUNES, HAMLETS) else None
        value = itemset.find(f"{XFORMS}value")
        column = "name" if value is None else value.get("ref", "name")
        return frozenset(str(cell.text) for cell in source.iter(f"{XFORMS}{column}")), None

    def label(self, prefix: str) -> str | None:
        bind = self.binds.get(f"{prefix}/meta/entity/label")
        path = "" if bind is None else bind.get("calculate", "").strip()
        return path.rsplit("/", 1)[-1] if re.fullmatch(r"/[\w/.-]+", path) else None


def _metres(control: "etree._Element | None") -> float | None:
    given = None if control is None else control.get("accuracyThreshold")
    try:
        return float(given) if given else None
    except ValueError:
        return None


def _allow_meta(root: Node) -> None:
    meta = root.children.setdefault("meta", Node())
    for name in _META_TEXTS:
        kind = "text" if name == "instanceName" else "meta"
        meta.children[name] = Node(question=Question(name, kind))
    entity = meta.children.get("entity")
    if entity is not None:
        entity.question = None
        entity.children.setdefault("label", Node(question=Question("label", "text")))


def _local(element: "etree._Element") -> str:
    return str(etree.QName(element).localname)
