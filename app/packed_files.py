"""Files that the build packed beside themselves: the smallest form that the asker reads."""

from pathlib import Path

from flask import Response, request, send_from_directory

# Smallest first. Browsers take Brotli over https and from this very machine.
FORMS = (("br", ".br"), ("gzip", ".gz"))


def sent(folder: Path, name: str, kind: str) -> Response:
    """`name` of `folder`, packed where a packed one is there and asked for; 404 for anything outside the folder."""
    coding, ending = next(
        (
            (coding, ending)
            for coding, ending in FORMS
            # Named, not merely allowed by `*`: what asks like that can't be counted on to unpack it.
            if coding in request.accept_encodings.values()
            and request.accept_encodings[coding] > 0
            and (folder / f"{name}{ending}").is_file()
        ),
        ("", ""),
    )
    # Flask joins the path safely: `..` and absolute ones give 404.
    response = send_from_directory(folder, f"{name}{ending}", mimetype=kind)
    if coding:
        response.headers["Content-Encoding"] = coding
    response.vary.add("Accept-Encoding")
    return response
