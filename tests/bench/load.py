"""Many submissions at once: by the load client among the trial inputs, else by a plain one of our own.

`python -m tests.bench.load` understands the options of that client used here, and prints what is read of its answer.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.conftest import SHARED

BOUNDARY = "diaban-bench"
CONNECTIONS = 16


@dataclass(frozen=True)
class Load:
    """What a run came to: answers of 2xx each second, milliseconds, CPU of one core in % by process tree."""

    rate: float
    p50: float
    p95: float
    status: dict[str, int]
    client: float
    trees: dict[str, float]
    busy: float

    def cpu_ms(self, tree: str) -> float:
        """CPU milliseconds of a process tree for each answer: what is left where other work shares the machine."""
        return 10 * self.trees.get(tree, 0.0) / self.rate if self.rate else float("nan")


def run(url: str, token: str, instance: Path, *, seconds: float, photo: int = 0, trees: dict[str, int]) -> Load:
    """Loads `url` for `seconds` from CONNECTIONS kept-alive connections; every answer must be a success."""
    theirs = SHARED / "tools/openrosa_load.py"
    program = [str(theirs)] if theirs.exists() else ["-m", "tests.bench.load"]
    command = [sys.executable, *program, "--url", url, "--instance", str(instance), "--bearer", token]
    command += ["-c", str(CONNECTIONS), "-d", str(seconds), "-w", "3", "--variants", "3000"]
    command += ["--photo-bytes", str(photo)] if photo else []
    for name, pid in trees.items():
        command += ["--tree", f"{name}={pid}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        raise RuntimeError(done.stderr)
    said = json.loads(done.stdout.splitlines()[-1])
    if any(not status.startswith("2") for status in said["status"]) or not said["ok"]:
        raise RuntimeError(f"refused: {said['status']} {said.get('errors')}")
    return Load(
        rate=said["rate"],
        p50=said["p50"],
        p95=said["p95"],
        status=said["status"],
        client=said.get("client_cpu_pct", 0.0),
        trees=said.get("tree_cpu_pct", {}),
        busy=said.get("host_busy_pct", 0.0),
    )


def _main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--url", "--instance", "--bearer"):
        parser.add_argument(name)
    parser.add_argument("-c", type=int)
    for name in ("-d", "-w"):
        parser.add_argument(name, type=float)
    for name in ("--variants", "--photo-bytes"):
        parser.add_argument(name, type=int, default=0)
    parser.add_argument("--tree", action="append", default=[])
    given = parser.parse_args()
    template = Path(given.instance).read_text()
    begin = time.monotonic() + given.w
    end = begin + given.d
    times: list[float] = []
    status: dict[str, int] = {}
    lock = threading.Lock()

    def phone() -> None:
        where = urlsplit(given.url)
        line = http.client.HTTPConnection(str(where.hostname), where.port, timeout=60)
        headers = {
            "Authorization": f"Bearer {given.bearer}",
            "X-OpenRosa-Version": "1.0",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        }
        while time.monotonic() < end:
            body = _body(template, given.photo_bytes)
            begun, said = time.monotonic(), "0"
            try:
                line.request("POST", where.path, body, headers)
                answer = line.getresponse()
                answer.read()
                said = str(answer.status)
            except (OSError, http.client.HTTPException):
                line.close()
                time.sleep(0.05)
            now = time.monotonic()
            if begin <= now <= end:
                with lock:
                    status[said] = status.get(said, 0) + 1
                    times.append(1000 * (now - begun))

    threads = [threading.Thread(target=phone) for _ in range(given.c)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    print(
        json.dumps(
            {
                "ok": len(times),
                "rate": round(len(times) / given.d, 1),
                "p50": times[len(times) // 2],
                "p95": times[int(len(times) * 0.95)],
                "status": status,
            }
        )
    )


def _body(template: str, photo: int) -> bytes:
    values = {"uuid": str(uuid.uuid4()), "today": time.strftime("%Y-%m-%d"), "photo": "photo.jpg"}
    values |= {"randInt": str(int.from_bytes(os.urandom(2), "big") % 9999), "instance": values["uuid"]}
    xml = re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], template).encode()
    parts = [("xml_submission_file", "text/xml", xml)]
    if photo:
        parts.append(("photo.jpg", "image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + os.urandom(photo - 11)))
    joined = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, kind, data in parts
    )
    return joined + f"--{BOUNDARY}--\r\n".encode()


if __name__ == "__main__":
    _main()
