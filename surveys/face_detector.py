"""The detector itself: OpenCV's cascades of the wheel, on one thread; run in a process apart, see `faces`."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

# Those of frontal faces and of profiles; a profile's cascade knows one side, so the picture is looked at mirrored too.
FRONTAL = ("haarcascade_frontalface_default.xml", "haarcascade_frontalface_alt2.xml")
PROFILE = "haarcascade_profileface.xml"
CASCADES = Path(cv2.__file__).parent / "data"
LONGEST = 1280  # a face smaller than SMALLEST of these pixels can't be told by anyone
SMALLEST = (28, 28)
MOST = 40
AROUND = 0.15  # of a face's size, added on each side: hair and ears tell who it is too
Rectangle = tuple[float, float, float, float]


def detect(data: bytes) -> list[tuple[int, int, int, int]] | None:
    """Rectangles (x, y, width, height) in thousandths of a JPEG's width and height; None where it can't be read."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        return None
    scale = LONGEST / max(picture.shape)
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = picture.shape[:2]
    faces = _apart(sorted(_faces(cv2.equalizeHist(picture)), key=lambda face: -face[2] * face[3]))
    return [_thousandths(face, width, height) for face in faces[:MOST]]


def _faces(picture: "cv2.typing.MatLike") -> Iterator[Rectangle]:
    mirrored, width = cv2.flip(picture, 1), picture.shape[1]
    for name, looked_at, turned in (
        *((name, picture, False) for name in FRONTAL), (PROFILE, picture, False), (PROFILE, mirrored, True),
    ):  # fmt: skip
        cascade = cv2.CascadeClassifier(str(CASCADES / name))
        for x, y, w, h in cascade.detectMultiScale(looked_at, scaleFactor=1.1, minNeighbors=4, minSize=SMALLEST):
            yield (float(width - x - w if turned else x), float(y), float(w), float(h))


def _apart(faces: list[Rectangle]) -> list[Rectangle]:
    """Without those that lie mostly within a larger one."""
    kept: list[Rectangle] = []
    for face in faces:
        if all(_shared(face, other) < 0.5 * face[2] * face[3] for other in kept):
            kept.append(face)
    return kept


def _shared(one: Rectangle, other: Rectangle) -> float:
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)


def _thousandths(face: Rectangle, width: int, height: int) -> tuple[int, int, int, int]:
    x, y, w, h = face
    left, top = max(x - AROUND * w, 0.0), max(y - AROUND * h, 0.0)
    right, bottom = min(x + (1 + AROUND) * w, width), min(y + (1 + AROUND) * h, height)
    return (
        round(1000 * left / width), round(1000 * top / height),
        round(1000 * (right - left) / width), round(1000 * (bottom - top) / height),
    )  # fmt: skip


def child() -> None:
    """Reads the sizes and the pictures from the input; writes the rectangles of each as JSON."""
    os.nice(15)  # phones that are just sending come first
    cv2.setNumThreads(1)
    line, _, rest = sys.stdin.buffer.read().partition(b"\n")
    found = []
    for size in json.loads(line):
        found.append(detect(rest[:size]))
        rest = rest[size:]
    json.dump(found, sys.stdout)
