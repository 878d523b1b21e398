"""Layers out as files: a writer for each format, and the zip that holds what belongs together."""
