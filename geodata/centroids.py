"""Which centroids of the national list are wrong: compared with one another, with old communes, with the province."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

from geodata.geometry import COUNTRY
from geodata.national_source import Country, Source
from geodata.units import COMMUNE

# A commune's middle lies within its old communes, or nearby; three radii and 5 km leave room for odd shapes.
RADII, SLACK_KM = 3.0, 5.0
# Without old communes to compare with: nobody's next commune of the same province is farther than this.
ALONE_KM = 60.0
USUAL_KM2 = 60.0


@dataclass(frozen=True)
class Wrong:
    """A centroid that isn't used, and why; `km` is how far off it seems, where that is known."""

    unit: Source
    reason: str  # no_point, outside_country, same_point, larger_place, far_from_old_communes, far_from_province
    km: float | None = None


def wrong(country: Country) -> list[Wrong]:
    """Every unusable centroid of the communes, old and new; what isn't listed may be used."""
    old = [unit for unit in country.units if unit.old and unit.level == COMMUNE]
    new = [unit for unit in country.units if not unit.old and unit.level == COMMUNE]
    found = _by_themselves(old, _answered_with_larger(country)) + _by_themselves(new, set())
    bad = {item.unit.key for item in found}
    good_new = [unit for unit in new if unit.key not in bad]
    return found + _by_neighbours(good_new, _old_places(country, bad))


def _by_themselves(units: list[Source], larger: set[str]) -> list[Wrong]:
    """What shows without any other source: nothing given, not in the country, or given to several communes at once."""
    west, south, east, north = COUNTRY
    shared = Counter(unit.place for unit in units)
    found = []
    for unit in units:
        if unit.place is None:
            found.append(Wrong(unit, "no_point"))
        elif not (west <= unit.place[0] <= east and south <= unit.place[1] <= north):
            found.append(Wrong(unit, "outside_country"))
        elif unit.key in larger:
            found.append(Wrong(unit, "larger_place"))
        elif shared[unit.place] > 1:
            found.append(Wrong(unit, "same_point"))
    return found


def _answered_with_larger(country: Country) -> set[str]:
    """Old communes whose bounds are those of their district or province: the geocoder hadn't found the commune."""
    known = country.by_key()
    return {
        unit.key
        for unit in country.units
        if unit.old
        and unit.level == COMMUNE
        and unit.bounds
        and unit.bounds in (known[unit.parent or ""].bounds, known[unit.province].bounds)
    }


def _old_places(country: Country, bad: set[str]) -> dict[str, list[tuple[float, float]]]:
    """New commune's key → (lon, lat) of the usable old communes that went into it."""
    known = country.by_key()
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for old_key, new_keys in country.successors.items():
        old = known[old_key]
        if old.level == COMMUNE and old_key not in bad and old.place is not None:
            for new_key in new_keys:
                found[new_key].append(old.place)
    return found


def _by_neighbours(new: list[Source], old_places: dict[str, list[tuple[float, float]]]) -> list[Wrong]:
    mates: dict[str, list[Source]] = defaultdict(list)
    for unit in new:
        mates[unit.province].append(unit)
    found = []
    for unit in new:
        if unit.island or unit.place is None:
            continue  # an island's old points are often its office on the mainland
        radius = math.sqrt((unit.area_km2 or USUAL_KM2) / math.pi)
        if unit.key in old_places:
            away = min(kilometres(unit.place, place) for place in old_places[unit.key])
            if away > RADII * radius + SLACK_KM:
                found.append(Wrong(unit, "far_from_old_communes", away))
        else:
            away = _to_nearest(unit.place, [mate for mate in mates[unit.province] if mate is not unit])
            if away > ALONE_KM:
                found.append(Wrong(unit, "far_from_province", away))
    return found


def _to_nearest(place: tuple[float, float], mates: list[Source]) -> float:
    return min((kilometres(place, mate.place) for mate in mates if mate.place is not None), default=0.0)


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance of two (lon, lat), on a sphere: good to half a percent."""
    lon1, lat1, lon2, lat2 = map(math.radians, (*one, *other))
    chord = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(chord))
