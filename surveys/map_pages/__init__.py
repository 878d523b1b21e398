"""A map state as a page to take away or to show: read with the asker's rights, then paper, slide or file."""
