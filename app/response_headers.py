"""What every answer carries: a strict content policy, no sniffing, no leaking referrers, no copies of private pages."""

import gzip

from flask import Flask, Response, request

SOURCES = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# The forms engine reads XPath with WebAssembly; this allows that alone, never `eval`.
SURVEY_SOURCES = {**SOURCES, "script-src": "'self' 'wasm-unsafe-eval'"}
ENGINE_PATHS = ("/survey/", "/forms/try/")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Only what a browser opens as a page obeys these.
PAGE_HEADERS = {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# A phone loads some thirty of these, and pays for every header. SVG isn't among them: it can be opened as a page.
PARTS = ("text/javascript", "text/css", "font/woff2", "image/png", "application/wasm")
WORTH_PACKING = 1400  # bytes: one packet
PACKED = (
    "text/html",
    "text/css",
    "text/javascript",
    "text/csv",
    "text/xml",
    "application/json",
    "application/geo+json",
    "image/svg+xml",
)


def register(web: Flask, *, encrypted: bool) -> None:
    """Every response of `web` gets the headers; with https also HSTS."""
    policies = {False: _policy(SOURCES), True: _policy(SURVEY_SOURCES)}

    def secure(response: Response) -> Response:
        part = request.path.startswith("/static/") and response.mimetype in PARTS and response.status_code in (200, 304)
        if not part:
            response.headers["Content-Security-Policy"] = policies[request.path.startswith(ENGINE_PATHS)]
        for name, value in (HEADERS if part else HEADERS | PAGE_HEADERS).items():
            response.headers.setdefault(name, value)
        if encrypted:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if "Cache-Control" not in response.headers:
            # A shared computer: "back" after signing out must show nothing.
            response.headers["Cache-Control"] = "private, no-store"
        return _packed(response)

    web.after_request(secure)


def _policy(sources: dict[str, str]) -> str:
    return "; ".join(f"{name} {allowed}" for name, allowed in sources.items())


def _packed(response: Response) -> Response:
    """gzip, where the asker takes it and it pays; cookies are SameSite=Strict, so nobody else can probe the length."""
    if (
        response.mimetype not in PACKED
        or response.status_code not in (200, 201, 404, 422)
        or response.direct_passthrough
        or response.is_streamed
        or "Content-Encoding" in response.headers
        or not request.accept_encodings["gzip"]
    ):
        return response
    body = response.get_data()
    if len(body) >= WORTH_PACKING:
        response.set_data(gzip.compress(body, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response
