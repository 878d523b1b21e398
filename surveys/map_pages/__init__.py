"""A map state as a page to take away or to show: shapes and figures with the asker's rights, then paper, slide, file."""
