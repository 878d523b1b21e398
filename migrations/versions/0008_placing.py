"""Which unit holds a point: one function, answered from small pieces of areas by their index.

A point on a shared edge, or in the sliver where two areas overlap, is claimed twice: the smallest id takes it and
`placed_at` logs who else claimed it. `distance_to_unit` is in metres on the ellipsoid: 0 inside an area, else to the
area or, for a hamlet that is only a point, to the point.
"""

from migrations.sql import run

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '10s';

CREATE FUNCTION units_at(place geometry, of_level int) RETURNS int[]
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
    AS $$ SELECT array_agg(DISTINCT unit_id ORDER BY unit_id) FROM unit_parts
          WHERE geom && place AND level = of_level AND ST_Intersects(geom, place) $$;

CREATE FUNCTION unit_at(place geometry, of_level int) RETURNS int
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
    AS $$ SELECT min(unit_id) FROM unit_parts
          WHERE geom && place AND level = of_level AND ST_Intersects(geom, place) $$;

CREATE FUNCTION placed_at(place geometry, of_level int, of_layer text, of_feature text) RETURNS int
    LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
    claims int[] := units_at(place, of_level);
BEGIN
    IF cardinality(claims) > 1 THEN
        INSERT INTO placement_ties (layer, feature_id, unit_id, others)
        VALUES (of_layer, of_feature, claims[1], array_to_string(claims[2:], ' '));
    END IF;
    RETURN claims[1];
END $$;

CREATE FUNCTION distance_to_unit(place geometry, of_unit int) RETURNS float8
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
    AS $$ SELECT ST_Distance(coalesce(geom, point)::geography, place::geography) FROM units WHERE id = of_unit $$;

CREATE FUNCTION nearest_hamlet(place geometry, of_commune int, OUT hamlet_id int, OUT metres float8)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
    AS $$ SELECT id, ST_Distance(coalesce(geom, point)::geography, place::geography) FROM units
          WHERE parent_id = of_commune AND level = 4 AND valid_to IS NULL AND coalesce(geom, point) IS NOT NULL
          ORDER BY 2, 1 LIMIT 1 $$;

REVOKE ALL ON FUNCTION units_at(geometry, int), unit_at(geometry, int), placed_at(geometry, int, text, text),
    distance_to_unit(geometry, int), nearest_hamlet(geometry, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION units_at(geometry, int), unit_at(geometry, int), placed_at(geometry, int, text, text),
    distance_to_unit(geometry, int), nearest_hamlet(geometry, int) TO diaban_web, diaban_worker, diaban_definer;
"""

DOWN = r"""
DROP FUNCTION nearest_hamlet(geometry, int), distance_to_unit(geometry, int), placed_at(geometry, int, text, text),
    unit_at(geometry, int), units_at(geometry, int);
"""
