"""Geometry, coordinate systems, units, tiles and files: no people, no web."""
