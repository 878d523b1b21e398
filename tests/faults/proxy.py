"""A bad connection: HTTP relayed byte by byte, cut, left without its answer, or answered by somebody else."""

import random
import re
import socket
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

PIECE = 1024
PORTAL = b"<!doctype html><title>Wi-Fi</title><form action=/login>Dang nhap Wi-Fi mien phi</form>"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(PORTAL)
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: %d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
PASS, CUT, LOST, PLAY_SERVER, ASK_TO_WAIT = "pass", "cut", "lost answer", "portal", "busy"


@dataclass(frozen=True)
class Request:
    """What is known of a request before its body comes: `size` of head and body in bytes."""

    method: str
    path: str
    size: int
    head: int
    offset: int  # of an upload's bytes


# What becomes of a request; CUT and LOST: after how many bytes of it, or of its answer; ASK_TO_WAIT: how many seconds.
Fate = tuple[str, int]


@dataclass
class Proxy:
    """Listens on a port of its own and relays to `port`; `fate` decides about each request."""

    port: int
    fate: Callable[[Request], Fate] = lambda _: (PASS, 0)
    happened: Counter[str] = field(default_factory=Counter)
    wire: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # path → bytes from the phone
    _listener: socket.socket = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._listener = socket.socket()
        # Small, so that hardly more leaves the phone than what is counted here.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                phone, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(phone,), daemon=True).start()

    def _serve(self, phone: socket.socket) -> None:
        with suppress(OSError), phone:
            phone.settimeout(60)
            while self._relay(phone):
                pass

    def _relay(self, phone: socket.socket) -> bool:
        """One request and its answer; whether the connection goes on."""
        head = _head(phone)
        if not head:
            return False
        method, path = head.split(b" ", 2)[:2]
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        body = int(length[1]) if length else 0
        offset = re.search(rb"\r\nupload-offset: *(\d+)", head, re.IGNORECASE)
        at = int(offset[1]) if offset else 0
        request = Request(method.decode(), path.decode(), len(head) + body, len(head), at)
        what, after = self.fate(request)
        with self._lock:
            self.happened[what] += 1
        self._count(request, min(len(head), after) if what == CUT else len(head))
        if what == CUT and after <= len(head):
            return False
        if what == PLAY_SERVER:
            self._drain(request, phone, body)
            phone.sendall(ANSWER + (b"" if method == b"HEAD" else PORTAL))
            return False
        if what == ASK_TO_WAIT:
            self._drain(request, phone, body)
            phone.sendall(BUSY % after)
            return False
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as server:
            # One request on each connection to the server: its answer ends where the server closes.
            server.sendall(_closing(head))
            left = min(body, after - len(head)) if what == CUT else body
            while left:
                piece = phone.recv(min(PIECE, left))
                if not piece:
                    return False
                self._count(request, len(piece))
                server.sendall(piece)
                left -= len(piece)
            if what == CUT:
                return False
            answer = b"".join(iter(lambda: server.recv(65536), b""))
        phone.sendall(answer[: min(after, len(answer) - 1)] if what == LOST else answer)
        return False

    def _count(self, request: Request, size: int) -> None:
        with self._lock:
            self.wire[request.path] += size

    def _drain(self, request: Request, phone: socket.socket, left: int) -> None:
        while left:
            piece = phone.recv(min(65536, left))
            if not piece:
                return
            self._count(request, len(piece))
            left -= len(piece)


def bad(seed: int, cut: float = 0.25, lost: float = 0.2, portal: float = 0.1) -> Callable[[Request], Fate]:
    """Fates drawn with `seed` for what sends records; everything else passes."""
    chance = random.Random(seed)
    lock = threading.Lock()

    def fate(request: Request) -> Fate:
        if not request.path.startswith(("/survey/api/records", "/survey/api/uploads")):
            return PASS, 0
        with lock:
            drawn = chance.random()
            if drawn < cut:
                return CUT, chance.randrange(request.size)
            if drawn < cut + lost:
                return LOST, chance.randrange(600)
            if drawn < cut + lost + portal:
                return PLAY_SERVER, 0
        return PASS, 0

    return fate


def _head(phone: socket.socket) -> bytes:
    """Up to the empty line; nothing of the body is taken."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        got = phone.recv(1)
        if not got:
            return b""
        head += got
    return head


def _closing(head: bytes) -> bytes:
    return re.sub(rb"\r\nconnection: [^\r]*", b"", head, flags=re.IGNORECASE).replace(
        b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"
    )


def cut_at(offsets: list[int]) -> Callable[[Request], Fate]:
    """Cuts an upload each time its bytes come to one of these offsets."""
    left = sorted(offsets)

    def fate(request: Request) -> Fate:
        end = request.offset + request.size - request.head
        if request.path.startswith("/survey/api/uploads") and left and request.offset <= left[0] < end:
            return CUT, request.head + left.pop(0) - request.offset
        return PASS, 0

    return fate
