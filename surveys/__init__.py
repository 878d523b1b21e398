"""Layers, forms, rights, and what may be done with them: no web."""
