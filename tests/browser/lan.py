"""A phone and a server on a network of their own: `python -m tests.browser.lan` inside a new network namespace.

Prints what the browser found, as JSON: over https with a certificate authority of the office's own, then over http.
"""

import datetime as dt
import ipaddress
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from playwright.sync_api import Page, Playwright, sync_playwright
from sqlalchemy import NullPool, create_engine, text

from app import passwords, web_server
from app.config import Config
from tests.browser import outpost
from tests.browser.phone import PASSWORD
from tests.faults import site as sites
from tests.faults.site import Site

ADDRESS, PORT = "10.68.0.10", 8443
FOUND = """async () => {
  const registration = await navigator.serviceWorker?.getRegistration();
  const place = await new Promise((done) => navigator.geolocation
    ? navigator.geolocation.getCurrentPosition(({ coords }) => done(coords.latitude), ({ message }) => done(message))
    : done('no geolocation'));
  const digest = await crypto.subtle?.digest('SHA-256', new Uint8Array([1]));
  return {
    secure: isSecureContext, place, bytes: digest?.byteLength ?? null, worker: registration?.active?.scriptURL ?? null,
    controlled: Boolean(navigator.serviceWorker?.controller),
  };
}"""


def main() -> None:
    """Everything on the network of this process alone; raises where the network isn't its own."""
    for command in (["link", "set", "lo", "up"], ["addr", "add", f"{ADDRESS}/24", "dev", "lo"]):
        subprocess.run(["ip", *command], check=True, capture_output=True)
    home = Path(f"/tmp/diaban-lan-{time.time_ns()}")
    try:
        site = sites.make(home / "office")
        certificate(home)
        with sync_playwright() as playwright:
            found = {
                "refused": refused(site),
                "https": with_tls(playwright, site, home),
                "http": without_tls(playwright, site, home),
            }
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(json.dumps(found, ensure_ascii=False))


def with_tls(playwright: Playwright, site: Site, home: Path) -> dict[str, Any]:
    tls = {"tls_cert": home / "server.pem", "tls_key": home / "server.key"}
    with up(site, tls, {"DIABAN_TLS_CERT": str(tls["tls_cert"]), "DIABAN_TLS_KEY": str(tls["tls_key"])}) as address:
        options = {"env": {**os.environ, "HOME": str(home)}}
        with outpost.browser(playwright, home / "profile-https", **options) as context:  # type: ignore[arg-type]
            made = outpost.phone(context, address, site.config.secrets)
            context.grant_permissions(["geolocation"], origin=address)
            made.sign_in("field")
            outpost.packed(made)
            devtools = context.new_cdp_session(made.page)
            problems = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
            manifest = devtools.send("Page.getAppManifest")
            return {
                **made.page.evaluate(FOUND),
                "problems": [problem["errorId"] for problem in problems],
                "manifest": {"url": manifest["url"], "errors": manifest["errors"]},
                "notices": notices(made.page),
            }


def without_tls(playwright: Playwright, site: Site, home: Path) -> dict[str, Any]:
    """As where somebody goes past the proxy that should have added https."""
    with (
        up(site, {}, {"DIABAN_TRUSTED_PROXY": ADDRESS}) as address,
        outpost.browser(playwright, home / "profile-http") as context,
    ):
        made = outpost.phone(context, address, site.config.secrets)
        page = made.page
        page.goto(f"{address}/login?next=/survey/")
        page.locator("#username").fill("field")
        page.locator("#password").fill(PASSWORD)
        page.locator("form[action='/login'] button[type=submit]").click()
        page.locator("main [role=alert]").first.wait_for()
        return {**page.evaluate(FOUND), "notices": notices(page), "errors": made.errors}


def notices(page: Page) -> list[str]:
    return page.locator("main > [role=alert]").all_inner_texts()


def refused(site: Site) -> dict[str, Any]:
    """What `diaban up` says of an address that phones can reach, without https."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "up"],
        cwd=sites.ROOT,
        env=environment(site, {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return {"exit": done.returncode, "said": (done.stdout + done.stderr).strip().splitlines()}


@contextmanager
def up(site: Site, tls: dict[str, Path], settings: dict[str, str]) -> Iterator[str]:
    """`diaban up` on the network's address for as long as the block lasts."""
    address = f"{'https' if tls else 'http'}://{ADDRESS}:{PORT}"
    config: Config = replace(site.config, host=ADDRESS, port=PORT, url=address, **tls)  # type: ignore[arg-type]
    served = Site(config, site.token)
    log = (config.home / "up.log").open("ab")
    served.program = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "up"],
        cwd=sites.ROOT,
        env=environment(site, settings),
        stdout=log,
        stderr=log,
    )
    try:
        assert web_server.answers(config, within_s=60), (config.home / "up.log").read_text()
        engine = create_engine(sites.urls(served).worker, poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
        yield address
    finally:
        sites.stop(served)
        log.close()


def environment(site: Site, settings: dict[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DIABAN_") and k != "DATABASE_URL"}
    fixed = {"DIABAN_HOME": str(site.config.home), "DIABAN_HOST": ADDRESS, "DIABAN_PORT": str(PORT), "DIABAN_DEMO": "0"}
    return {**kept, **fixed, **settings}


def certificate(home: Path) -> None:
    """An authority, a certificate of the server's address by it, and a browser profile in `home` that trusts it."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Cơ quan thử nghiệm")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ADDRESS)])
    authority = (
        _begun(issuer, issuer, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        _begun(subject, issuer, key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ADDRESS))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (home / "ca.pem").write_bytes(authority.public_bytes(pem))
    (home / "server.pem").write_bytes(server.public_bytes(pem) + authority.public_bytes(pem))
    (home / "server.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    trusted = home / ".pki/nssdb"
    trusted.mkdir(parents=True)
    for arguments in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "office", "-i", str(home / "ca.pem")]):
        subprocess.run(["certutil", "-d", f"sql:{trusted}", *arguments], check=True, capture_output=True)


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
    )


if __name__ == "__main__":
    main()
