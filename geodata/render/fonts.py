"""The typeface of the pages for Matplotlib: web fonts in parts are joined into whole TrueType fonts once."""

import tempfile
from functools import cache
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from matplotlib import font_manager

FAMILY = "Be Vietnam Pro"
WEIGHTS = (400, 600)
PARTS = ("latin", "latin-ext", "vietnamese")  # the first one's glyph wins where two parts have it


@cache
def installed(folder: Path) -> str:
    """The family to ask Matplotlib for. `folder` holds PART-WEIGHT.woff; raises FileNotFoundError without them."""
    made = Path(tempfile.mkdtemp(prefix="diaban-fonts-"))
    for weight in WEIGHTS:
        parts = []
        for part in PARTS:
            font = TTFont(folder / f"{part}-{weight}.woff")
            font.flavor = None  # unpacked: what a PDF embeds is plain TrueType
            parts.append(str(made / f"{part}-{weight}.ttf"))
            font.save(parts[-1])
        whole = Merger().merge(parts)
        path = made / f"BeVietnamPro-{weight}.ttf"
        whole.save(path)
        font_manager.fontManager.ttflist.append(
            font_manager.FontEntry(
                fname=str(path), name=FAMILY, style="normal", variant="normal", weight=weight, stretch="normal",
                size="scalable",
            )
        )  # fmt: skip
    return FAMILY
