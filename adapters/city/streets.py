"""The streets of the city as GeoJSON, for whoever draws a map of it."""

import json

from adapters.city.plan import DISTRICT_M, Plan, degrees


def geojson(plan: Plan) -> str:
    """A FeatureCollection with a LineString a street (RFC 7946: longitude first), ``name`` in English and
    ``name_ko`` as in the addresses of places. Streets that run north carry numbers of their own."""
    east_m, north_m = plan.size.columns * DISTRICT_M, plan.size.rows * DISTRICT_M
    features = [
        _street(f"{number}-gil", f"{number}길", (0.0, float(row_m)), (east_m, float(row_m)))
        for number, row_m in enumerate(plan.row_m, start=1)
    ] + [
        _street(f"{number}-ro", f"{number}로", (float(column_m), 0.0), (float(column_m), north_m))
        for number, column_m in enumerate(plan.column_m, start=1)
    ]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


def _street(name: str, korean: str, *ends_m: tuple[float, float]) -> dict[str, object]:
    line = [[round(lon, 6), round(lat, 6)] for lat, lon in (degrees(*end) for end in ends_m)]
    return {
        "type": "Feature",
        "properties": {"name": name, "name_ko": korean},
        "geometry": {"type": "LineString", "coordinates": line},
    }
