"""The formats a layer may leave in: a literal table."""

from collections.abc import Callable
from dataclasses import dataclass

from geodata.outgoing import gdal, geoparquet, kml, mapinfo, shapefile, tables
from geodata.outgoing.lossreport import Writer
from geodata.outgoing.parts import Part, Work
from geodata.problems import Problem


class UnknownFormat(Problem):
    """Facts: format, known."""

    code = "export_format_unknown"


@dataclass(frozen=True)
class Format:
    """`wgs84`: it has no other system. `reading`: what is said to whoever opens it."""

    key: str
    title: str
    write: Callable[[Work, Part, Writer], None]
    wgs84: bool = False
    reading: tuple[str, ...] = ()


FORMATS: tuple[Format, ...] = (
    Format("shapefile", "Shapefile (.shp)", shapefile.write),
    Format("gpkg", "GeoPackage (.gpkg)", gdal.write_geopackage),
    Format("geojson", "GeoJSON (.geojson, RFC 7946)", gdal.write_geojson, wgs84=True),
    Format(
        "kml", "KML – Google Earth (.kml)", kml.write, wgs84=True,
        reading=("GDAL mới (thấy ở 3.12) có cột “id” riêng nên gọi cột ID của tệp này là ID2.",),
    ),
    Format(
        "mif", "MapInfo (.mif, .mid)", mapinfo.write,
        reading=("Tệp MIF/MID ghi chữ UTF-8: mở bằng MapInfo Pro 15.2 trở lên, QGIS hoặc GDAL.",),
    ),
    Format("fgb", "FlatGeobuf (.fgb)", gdal.write_flatgeobuf),
    Format("parquet", "GeoParquet (.parquet)", geoparquet.write),
    Format("csv", "CSV (.csv, UTF-8)", tables.write_csv),
    Format("xlsx", "Excel (.xlsx)", tables.write_xlsx),
)  # fmt: skip


def named(key: str) -> Format:
    """The format of that key. Raises UnknownFormat."""
    for each in FORMATS:
        if each.key == key:
            return each
    raise UnknownFormat(format=key[:40], known=", ".join(each.key for each in FORMATS))
