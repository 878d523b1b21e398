"""Public XLSForms through the upload page and into the client; a run by itself: `python -m tests.corpus`."""
