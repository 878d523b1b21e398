"""Text that reads files, fetches addresses, or is something else than its name says."""

from pathlib import Path

from tests.geodata.hostile import GOOD, KML, POINT, geojson, hostile, told, zipped

VRT = "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"


@hostile("incoming_other_content")
def a_picture_as_a_shapefile(at: Path) -> Path:
    return told(at / "a.shp", b"\x89PNG\r\n\x1a\n" + bytes(200))


@hostile("incoming_other_content")
def a_page_as_kml(at: Path) -> Path:
    return told(at / "a.kml", "<html><script>alert(1)</script></html>")


@hostile("incoming_other_content")
def a_program_as_a_table(at: Path) -> Path:
    return told(at / "a.csv", b"MZ\x90\x00" + bytes(500))


@hostile("incoming_other_content")
def a_vrt_as_geojson(at: Path) -> Path:
    return told(at / "a.geojson", "<OGRVRTDataSource><OGRVRTLayer name='a'/></OGRVRTDataSource>")


@hostile("incoming_other_content")
def a_vrt_as_a_table(at: Path) -> Path:
    return told(
        at / "a.csv",
        VRT.format("/etc/passwd"),
    )


@hostile("incoming_save_otherwise")
def a_vrt(at: Path) -> Path:
    return told(
        at / "a.vrt",
        VRT.format("/vsicurl/http://10.0.0.1/"),
    )


@hostile("incoming_pointing")
def a_vrt_in_an_archive(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.geojson", GOOD), ("b.vrt", b"<OGRVRTDataSource/>"))


@hostile("incoming_doctype")
def kml_that_reads_a_file(at: Path) -> Path:
    head = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return told(at / "a.kml", KML.format(head=head, body=f"<name>&x;</name>{POINT}"))


@hostile("incoming_doctype")
def kml_that_laughs_a_billion_times(at: Path) -> Path:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return told(at / "a.kml", KML.format(head=f"<!DOCTYPE kml [{entities}]>", body=f"<name>&a9;</name>{POINT}"))


@hostile("incoming_doctype")
def kml_in_utf16_that_reads_a_file(at: Path) -> Path:
    head = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    whole = KML.format(head=head, body=f"<name>&x;</name>{POINT}").replace('"1.0"', '"1.0" encoding="UTF-16"')
    return told(at / "a.kml", whole.encode("utf-16"))


@hostile("incoming_doctype")
def a_kmz_that_reads_a_file(at: Path) -> Path:
    head = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return zipped(at / "a.kmz", ("doc.kml", KML.format(head=head, body=f"<name>&x;</name>{POINT}").encode()))


@hostile("incoming_save_otherwise")
def gml_that_reads_a_file(at: Path) -> Path:
    return told(
        at / "a.gml",
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><gml:FeatureCollection>&x;</gml:FeatureCollection>',
    )


@hostile("incoming_doctype")
def gpx_that_reads_a_file(at: Path) -> Path:
    return told(
        at / "a.gpx",
        '<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        '<gpx version="1.1"><wpt lat="11" lon="108"><name>&x;</name></wpt></gpx>',
    )


@hostile("incoming_pointing")
def kml_that_fetches(at: Path) -> Path:
    link = "<NetworkLink><Link><href>http://10.0.0.1/a.kml</href></Link></NetworkLink>"
    return told(at / "a.kml", KML.format(head="", body=POINT + link))


@hostile("incoming_pointing")
def a_kmz_that_fetches(at: Path) -> Path:
    link = "<NetworkLink><Link><href>http://10.0.0.1/a.kml</href></Link></NetworkLink>"
    return zipped(at / "a.kmz", ("doc.kml", KML.format(head="", body=POINT + link).encode()))


@hostile("incoming_pointing")
def kml_with_a_schema_from_elsewhere(at: Path) -> Path:
    data = '<ExtendedData><SchemaData schemaUrl="/vsicurl/http://10.0.0.1/a#x"/></ExtendedData>'
    return told(at / "a.kml", KML.format(head="", body=POINT.replace("<Point>", f"{data}<Point>")))


@hostile("incoming_unreadable")
def kml_a_million_levels_deep(at: Path) -> Path:
    return told(at / "a.kml", KML.format(head="", body="<Folder>" * 1_000_000))


@hostile("incoming_pointing")
def geojson_with_a_system_to_fetch(at: Path) -> Path:
    head = '"crs":{"type":"link","properties":{"href":"http://10.0.0.1/crs","type":"ogcwkt"}},'
    return told(at / "a.geojson", geojson('{"type":"Point","coordinates":[108,11.9]}', head=head))


@hostile("incoming_pointing")
def geojson_with_a_system_named_by_address(at: Path) -> Path:
    head = '"crs":{"type":"name","properties":{"name":"http:\\/\\/10.0.0.1\\/crs"}},'
    return told(at / "a.geojson", geojson('{"type":"Point","coordinates":[108,11.9]}', head=head))
