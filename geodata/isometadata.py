"""ISO 19139 metadata of a file: what, by whom, when, in which coordinates."""

from lxml import etree

from geodata.crs import Zone

_GMD = "http://www.isotc211.org/2005/gmd"
_GCO = "http://www.isotc211.org/2005/gco"
_GML = "http://www.opengis.net/gml/3.2"


def describe(title: str, abstract: str, organisation: str, made_at: str, zone: Zone) -> str:
    """XML text; `made_at` is an ISO date or date and time, empty when unknown."""
    root = etree.Element(f"{{{_GMD}}}MD_Metadata", nsmap={"gmd": _GMD, "gco": _GCO, "gml": _GML})
    _text(root, "language", "vie")
    _code(_under(root, "characterSet"), "MD_CharacterSetCode", "utf8")
    _code(_under(root, "hierarchyLevel"), "MD_ScopeCode", "dataset")
    _party(_under(root, "contact"), organisation)
    if made_at:
        kind = "DateTime" if "T" in made_at else "Date"
        etree.SubElement(_under(root, "dateStamp"), f"{{{_GCO}}}{kind}").text = made_at
    system = _under(root, "referenceSystemInfo", "MD_ReferenceSystem", "referenceSystemIdentifier", "RS_Identifier")
    _text(system, "code", f"{zone.epsg}")
    _text(system, "codeSpace", "EPSG")
    found = _under(root, "identificationInfo", "MD_DataIdentification")
    citation = _under(found, "citation", "CI_Citation")
    _text(citation, "title", title)
    date = _under(citation, "date")
    if made_at:
        made = _under(date, "CI_Date")
        etree.SubElement(_under(made, "date"), f"{{{_GCO}}}Date").text = made_at[:10]
        _code(_under(made, "dateType"), "CI_DateTypeCode", "creation")
    else:
        date.set(f"{{{_GCO}}}nilReason", "unknown")
    _text(found, "abstract", abstract or title)
    _text(found, "language", "vie")
    return etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="utf-8").decode()


def _party(parent: etree._Element, organisation: str) -> None:
    party = _under(parent, "CI_ResponsibleParty")
    _text(party, "organisationName", organisation)
    _code(_under(party, "role"), "CI_RoleCode", "pointOfContact")


def _under(parent: etree._Element, *names: str) -> etree._Element:
    for name in names:
        parent = etree.SubElement(parent, f"{{{_GMD}}}{name}")
    return parent


def _text(parent: etree._Element, name: str, text: str) -> None:
    element = _under(parent, name)
    if text:
        etree.SubElement(element, f"{{{_GCO}}}CharacterString").text = text
    else:
        element.set(f"{{{_GCO}}}nilReason", "missing")


def _code(parent: etree._Element, name: str, value: str) -> None:
    element = _under(parent, name)
    element.set("codeList", f"http://standards.iso.org/iso/19139/resources/gmxCodelists.xml#{name}")
    element.set("codeListValue", value)
    element.text = value
