"""ISO 19139 metadata of a file: what, by whom, when, in which coordinates."""

from lxml import etree

from geodata.outgoing.parts import Title
from geodata.sources import Box
from geodata.systems import System

_GMD = "http://www.isotc211.org/2005/gmd"
_GCO = "http://www.isotc211.org/2005/gco"
_GML = "http://www.opengis.net/gml/3.2"


def describe(title: Title, system: System, key: str, box: Box | None) -> str:
    """XML text, valid against the schemas of ISO 19139 (2006). `box`: west, south, east, north in WGS 84."""
    root = etree.Element(f"{{{_GMD}}}MD_Metadata", nsmap={"gmd": _GMD, "gco": _GCO, "gml": _GML})
    _text(root, "fileIdentifier", title.name)
    _text(root, "language", "vie")
    _code(_under(root, "characterSet"), "MD_CharacterSetCode", "utf8")
    _code(_under(root, "hierarchyLevel"), "MD_ScopeCode", "dataset")
    _party(_under(root, "contact"), title.organisation)
    stamp = _under(root, "dateStamp")
    if title.made_at:
        kind = "DateTime" if "T" in title.made_at else "Date"
        etree.SubElement(stamp, f"{{{_GCO}}}{kind}").text = title.made_at
    else:
        stamp.set(f"{{{_GCO}}}nilReason", "unknown")
    _text(root, "metadataStandardName", "ISO 19115:2003/19139")
    reference = _under(root, "referenceSystemInfo", "MD_ReferenceSystem", "referenceSystemIdentifier", "RS_Identifier")
    _text(reference, "code", f"{system.epsg}")
    _text(reference, "codeSpace", "EPSG")
    found = _under(root, "identificationInfo", "MD_DataIdentification")
    _citation(_under(found, "citation", "CI_Citation"), title)
    _text(found, "abstract", title.abstract or title.title)
    keywords = _under(found, "descriptiveKeywords", "MD_Keywords")
    _text(keywords, "keyword", key)
    if title.notes:
        limits = _under(found, "resourceConstraints", "MD_Constraints")
        for note in title.notes:
            _text(limits, "useLimitation", note)
    _code(_under(found, "spatialRepresentationType"), "MD_SpatialRepresentationTypeCode", "vector")
    _text(found, "language", "vie")
    etree.SubElement(_under(found, "topicCategory"), f"{{{_GMD}}}MD_TopicCategoryCode").text = "society"
    if box:
        place = _under(found, "extent", "EX_Extent", "geographicElement", "EX_GeographicBoundingBox")
        west, south, east, north = box
        sides = (("west", "Longitude", west), ("east", "Longitude", east), ("south", "Latitude", south))
        for side, axis, value in (*sides, ("north", "Latitude", north)):
            bound = _under(place, f"{side}Bound{axis}")
            etree.SubElement(bound, f"{{{_GCO}}}Decimal").text = f"{value:.6f}"
    return str(etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="utf-8").decode())


def _citation(parent: etree._Element, title: Title) -> None:
    _text(parent, "title", title.title)
    date = _under(parent, "date")
    if title.made_at:
        made = _under(date, "CI_Date")
        etree.SubElement(_under(made, "date"), f"{{{_GCO}}}Date").text = title.made_at[:10]
        _code(_under(made, "dateType"), "CI_DateTypeCode", "creation")
    else:
        date.set(f"{{{_GCO}}}nilReason", "unknown")


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
