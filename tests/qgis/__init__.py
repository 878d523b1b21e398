"""Debian's QGIS as the technician's: `make test-qgis`, apart from `make test` as QGIS is a large thing to install."""
