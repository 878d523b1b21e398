"""ISO 19139 metadata is valid by the schemas that pycsw's wheel brings, without any network."""

from dataclasses import replace
from importlib.metadata import files
from pathlib import Path

import pytest
from lxml import etree

from geodata import systems
from geodata.outgoing import formats
from tests.geodata.outgoing.conftest import TITLE


@pytest.fixture(scope="module", params=["20060504", "20070417"])
def schema(request):
    """Both editions of the schemas in use."""
    wanted = f"iso/19139/{request.param}/gmd/gmd.xsd"
    (file,) = [each for each in files("pycsw") or () if str(each).endswith(wanted)]
    return etree.XMLSchema(etree.parse(str(file.locate()), etree.XMLParser(no_network=True)))


@pytest.mark.parametrize("form", [form.key for form in formats.FORMATS])
def test_every_file_has_valid_metadata(write, schema, form):
    _, folder = write(form=form)
    document = metadata(folder)
    assert schema.validate(document), schema.error_log
    texts = document.xpath("//*[local-name()='CharacterString']/text()")
    code = "4326" if formats.named(form).wgs84 else "5899"
    assert {code, "EPSG", TITLE.title, TITLE.organisation} <= set(texts)
    west, east, south, north = map(float, document.xpath("//*[local-name()='Decimal']/text()"))
    assert (west, east, south, north) == (107.8, 108.4583, 11.55, 12.67)


@pytest.mark.parametrize(
    "change",
    [{"made_at": ""}, {"made_at": "2026-11-21"}, {"organisation": ""}, {"abstract": ""}, {"notes": ("Phạm vi: <x>",)}],
    ids=str,
)  # fmt: skip
def test_whatever_is_unknown_it_stays_valid(schema, change):
    from geodata.outgoing import isometadata

    title = replace(TITLE, **change)
    document = etree.fromstring(isometadata.describe(title, systems.system(9218), "hamlets", None).encode())
    assert schema.validate(document), schema.error_log


def metadata(folder: Path) -> etree._ElementTree:
    """The one document of the folder."""
    (file,) = folder.glob("*.xml")
    return etree.parse(file)
