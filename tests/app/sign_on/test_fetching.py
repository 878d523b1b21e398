"""What is asked of the sign-in service ends in time, stays small, and goes to no other address."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app import provider_fetching
from app.provider_fetching import Fetching, ProviderSilent

SOON_S = 0.4


class _Odd(BaseHTTPRequestHandler):
    """Answers each path oddly in its own way."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        match self.path:
            case "/elsewhere":
                self._starts(302, Location="/good")
            case "/error":
                self._starts(500)
            case "/page":
                self._says(b"<html>")
            case "/list":
                self._says(b"[1]")
            case "/deep":
                self._says(b"[" * 100_000)
            case "/much":
                self._says(b'"' + b"x" * provider_fetching.MOST_BYTES + b'"')
            case "/drips":
                self._starts(200)
                self._drips()
            case "/hangs":
                time.sleep(3 * SOON_S)
            case _:
                self._says(b'{"good": true}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._starts(int(self.path.strip("/")))
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _starts(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _says(self, body: bytes) -> None:
        self._starts(200)
        self.wfile.write(body)

    def _drips(self) -> None:
        try:
            for _ in range(40):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(SOON_S / 8)
        except OSError:
            pass


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.setattr(provider_fetching, "WITHIN_S", SOON_S)
    monkeypatch.setattr(provider_fetching, "SILENT_S", SOON_S / 2)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Odd)
    server.daemon_threads = True
    server.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _at(server: ThreadingHTTPServer, path: str) -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/elsewhere", "status 302"), ("/error", "status 500"), ("/page", "json"), ("/list", "json"), ("/deep", "json"),
        ("/much", "size"), ("/drips", "time"), ("/hangs", "network"),
    ],
)  # fmt: skip
def test_an_odd_answer_is_none_and_is_not_waited_for(odd: ThreadingHTTPServer, path: str, reason: str) -> None:
    with pytest.raises(ProviderSilent) as silent:
        Fetching().got(_at(odd, path))
    assert silent.value.facts == {"reason": reason}
    assert odd.asked == [path]  # type: ignore[attr-defined]


def test_one_that_gave_no_answer_is_left_alone_for_a_moment(odd: ThreadingHTTPServer) -> None:
    fetching = Fetching()
    with pytest.raises(ProviderSilent):
        fetching.got(_at(odd, "/hangs"))
    with pytest.raises(ProviderSilent):
        fetching.got(_at(odd, "/good"))
    assert odd.asked == ["/hangs"]  # type: ignore[attr-defined]
    time.sleep(SOON_S)
    assert fetching.got(_at(odd, "/good")) == {"good": True}


def test_one_that_hangs_holds_only_some_of_our_threads(
    odd: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_fetching, "TURN_S", 0.01)
    fetching, reasons = Fetching(), []

    def ask() -> None:
        try:
            fetching.got(_at(odd, "/hangs"))
        except ProviderSilent as silent:
            reasons.append(silent.facts["reason"])

    threads = [threading.Thread(target=ask) for _ in range(provider_fetching.AT_ONCE + 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reasons.count("network") <= provider_fetching.AT_ONCE
    assert len(odd.asked) == provider_fetching.AT_ONCE  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_no_to_a_form_is_an_answer(odd: ThreadingHTTPServer, status: int) -> None:
    assert Fetching().posted(_at(odd, f"/{status}"), {"code": "x"}, {}) is None


def test_another_fault_of_a_form_is_not(odd: ThreadingHTTPServer) -> None:
    assert Fetching().posted(_at(odd, "/200"), {"code": "x"}, {}) == {}
    with pytest.raises(ProviderSilent):
        Fetching().posted(_at(odd, "/500"), {"code": "x"}, {})
