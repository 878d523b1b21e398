"""The one HTML file for a USB stick: style, fonts, Leaflet, viewer and pages inside it; nothing is asked of a network.

With a passphrase the pages, their titles with them, are encrypted (AES-256-GCM, key by PBKDF2-HMAC-SHA256): the file
then tells nothing but that it is a copy. The passphrase itself is kept nowhere: the key made from it waits for the job
encrypted with a key of the server's, and no answer about the job shows it.
"""

import base64
import datetime as dt
import hashlib
import html
import json
import os
import re
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app import keys
from app.config import Config
from geodata.problems import InvalidValue

STATIC = Path(__file__).parent / "static"
ITERATIONS = 600_000
SHORTEST, LONGEST_KEPT_DAYS = 10, 366
STYLES = ("css/tokens.css", "vendor/leaflet/leaflet.css", "briefing/viewer.css")
SCRIPTS = (
    "vendor/leaflet/leaflet.js", "map/symbols.js", "map/choropleth.js", "briefing/drawing.js", "briefing/viewer.js",
    "briefing/one_file.js",
)  # fmt: skip
# The browser itself then refuses whatever the file might still ask for.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:;"
    " connect-src 'none'; form-action 'none'; base-uri 'none'"
)
WEIGHTS = (400, 600)


def lock(config: Config, passphrase: str) -> dict[str, Any]:
    """What a job is told of a passphrase: salt, iterations, and the key under the server's. Raises InvalidValue."""
    if len(passphrase) < SHORTEST:
        raise InvalidValue(field="passphrase", value="", reason=f"≥ {SHORTEST}")
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, ITERATIONS, 32)
    nonce = os.urandom(12)
    kept = nonce + AESGCM(_server_key(config)).encrypt(nonce, key, salt)
    return {"salt": _text(salt), "iterations": ITERATIONS, "key": _text(kept)}


def write(
    data: dict[str, Any], parameters: dict[str, Any], config: Config, name: str, made_on: dt.date, out: Path
) -> None:
    """Writes the file; `parameters` may hold `lock` and `expires` (ISO date)."""
    told = {**data, "name": name, "made": made_on.isoformat(), "expires": parameters.get("expires"),
            "language": parameters.get("language", "vi")}  # fmt: skip
    plain = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    held = _locked(plain, parameters["lock"], config) if parameters.get("lock") else {"plain": told}
    inside = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    title = "Địa Bàn – bản mang theo" if parameters.get("lock") else f"{name} – Địa Bàn"
    scripts = "".join(f"<script>{_script(path)}</script>\n" for path in SCRIPTS)
    # In JSON every "<" may be written as an escape: no text in it can end the element it stands in.
    out.write_text(
        f'<!doctype html>\n<html lang="{told["language"]}" data-theme="light">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_style()}</style>\n</head>\n<body>\n"
        '<main data-viewer></main>\n<script type="application/json" id="held">'
        + inside.replace("<", "\\u003c")
        + f"</script>\n{scripts}</body>\n</html>\n",
        encoding="utf-8",
    )


def _locked(plain: bytes, given: dict[str, Any], config: Config) -> dict[str, Any]:
    kept, salt = base64.b64decode(given["key"]), base64.b64decode(given["salt"])
    key = AESGCM(_server_key(config)).decrypt(kept[:12], kept[12:], salt)
    nonce = os.urandom(12)
    return {
        "salt": given["salt"], "iterations": given["iterations"], "nonce": _text(nonce),
        "sealed": _text(AESGCM(key).encrypt(nonce, plain, None)),
    }  # fmt: skip


def _server_key(config: Config) -> bytes:
    return hashlib.sha256(keys.kept(config.secrets, "copies").encode()).digest()


def _style() -> str:
    sheets = "\n".join((STATIC / path).read_text(encoding="utf-8") for path in STYLES)
    # Pictures of Leaflet's that none of our maps uses would each be a request.
    return _fonts() + re.sub(r"url\([^)]*\)", "none", sheets)


def _fonts() -> str:
    """The faces of the weights used, from the sheet every page loads, with the files inside."""
    sheet = (STATIC / "vendor/be-vietnam-pro/be-vietnam-pro.css").read_text(encoding="utf-8")
    faces = []
    for face in re.findall(r"@font-face\s*{[^}]*}", sheet):
        weight = re.search(r"font-weight:\s*(\d+)", face)
        if weight is None or int(weight[1]) not in WEIGHTS:
            continue
        faces.append(re.sub(r"url\(['\"]?/static/([^)'\"]+)['\"]?\)", _inlined, face))
    return "\n".join(faces)


def _inlined(address: re.Match[str]) -> str:
    return f"url(data:font/woff2;base64,{_text((STATIC / address[1]).read_bytes())})"


def _script(path: str) -> str:
    return (STATIC / path).read_text(encoding="utf-8").replace("</script", "<\\/script")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
