"""Inputs kept outside the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def shared(*parts: str) -> Path:
    """A file of the shared inputs; skips the test where they are absent."""
    path = (ROOT / os.environ.get("DIABAN_SHARED", "../shared")).joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the shared inputs are absent: {path}")
    return path
