"""JSON asked of a province's sign-in service: within a time, up to a size, from the address given and no other."""

import json
import threading
import time
from typing import Any, ClassVar
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from geodata.problems import Problem

HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 256 * 1024
WITHIN_S = 8.0
AT_ONCE = 4  # of a process: a service that hangs must not hold all of its threads
TURN_S = 2.0
SILENT_S = 5.0  # how long one that gave no answer isn't asked again


class ProviderSilent(Problem):
    """The sign-in service gave no usable answer; facts: reason (time, size, json, keys, status N, network, busy)."""

    code: ClassVar[str] = "provider_silent"


class Fetching:
    """The connections of a process to one service. Redirects aren't followed, proxies of the environment not used."""

    def __init__(self) -> None:
        self._pool: urllib3.PoolManager | None = None
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._silent_until = 0.0

    def got(self, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """The object at an address. Raises ProviderSilent."""
        return self._asked("GET", address, headers or {}, None)

    def posted(self, address: str, fields: dict[str, str], headers: dict[str, str]) -> dict[str, Any] | None:
        """The answer to a form; None where the service refuses it (400, 401, 403). Raises ProviderSilent."""
        try:
            return self._asked("POST", address, headers, fields)
        except _Refused:
            return None

    def _asked(
        self, method: str, address: str, headers: dict[str, str], fields: dict[str, str] | None
    ) -> dict[str, Any]:
        if time.monotonic() < self._silent_until:
            raise ProviderSilent(reason="network")
        if not self._turn.acquire(timeout=TURN_S):
            raise ProviderSilent(reason="busy")
        try:
            return self._ask(method, address, headers, fields)
        except HTTPError as error:
            self._silent_until = time.monotonic() + SILENT_S
            raise ProviderSilent(reason="network") from error
        finally:
            self._turn.release()

    def _ask(self, method: str, address: str, headers: dict[str, str], fields: dict[str, str] | None) -> dict[str, Any]:
        until = time.monotonic() + WITHIN_S
        if self._pool is None:
            self._pool = urllib3.PoolManager(num_pools=4, maxsize=AT_ONCE, retries=False)
        answer = self._pool.request(
            method, address, body=None if fields is None else urlencode(fields), redirect=False, preload_content=False,
            timeout=urllib3.Timeout(connect=3, read=WITHIN_S),
            headers={**HEADERS, **({"Content-Type": FORM} if fields is not None else {}), **headers},
        )  # fmt: skip
        try:
            if fields is not None and answer.status in (400, 401, 403):
                raise _Refused
            if answer.status != 200:
                raise ProviderSilent(reason=f"status {answer.status}")
            data = bytearray()
            # One read of the network at a time: a service that drips would otherwise be waited for till the end.
            while chunk := answer.read1(65_536, decode_content=False):
                data += chunk
                if len(data) > MOST_BYTES:
                    raise ProviderSilent(reason="size")
                if time.monotonic() > until:
                    raise ProviderSilent(reason="time")
        finally:
            # What wasn't read to its end isn't asked again on the same connection.
            answer.close()
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ProviderSilent(reason="json")
        return found


class _Refused(Exception):
    """The service understood, and says no."""
