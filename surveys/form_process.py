"""Checks a form in processes of their own: 60 s and 512 MB for the conversion and for ODK Validate together."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyxform.validators.error_cleaner import ErrorCleaner
from pyxform.validators.odk_validate import ODK_VALIDATE_PATH

from geodata import apart
from surveys.form_checking import Checked, check
from surveys.form_faults import Fault, of_validate
from surveys.form_rules import Codes

SECONDS = 60.0
MEGABYTES = 512
# Its heap and the rest stay below the measure that is watched; it reserves far more of addresses than it uses.
_JAVA = (
    "java -Djava.awt.headless=true -Xmx320m -Xss2m -XX:MaxMetaspaceSize=64m -XX:ReservedCodeCacheSize=32m"
    " -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -jar"
).split()
_JAVA_ADDRESSES = 4096  # MB
_LOW = {
    "time": "Kiểm tra biểu mẫu quá 60 giây. Hãy chia nhỏ biểu mẫu hoặc chuyển danh sách dài sang tệp CSV.",
    "memory": "Kiểm tra biểu mẫu cần quá 512 MB bộ nhớ. Hãy chia nhỏ biểu mẫu hoặc chuyển danh sách dài sang tệp CSV.",
}


def checked(data: bytes, name: str, files: dict[str, bytes], codes: Codes, *, seconds: float = SECONDS) -> Checked:
    """As `form_checking.check`, and ODK Validate after it; a form that needs too much is refused with words."""
    made, spent = _converted(data, name, files, codes, seconds)
    if not made.faults:
        made.faults = _validated(made, max(seconds - spent, 1.0))
    if made.faults:
        made.xform = ""
    return made


def _converted(data: bytes, name: str, files: dict[str, bytes], codes: Codes, seconds: float) -> tuple[Checked, float]:
    header = {
        "name": name,
        "codes": {key: sorted(values) for key, values in codes.items()},
        "files": [[file, len(content)] for file, content in files.items()],
    }
    given = json.dumps(header).encode() + b"\n" + b"".join(files.values()) + data
    command = [sys.executable, "-c", _CHILD, str(Path(__file__).resolve().parents[1])]
    ended = apart.run(command, given, seconds=seconds, megabytes=MEGABYTES)
    if ended.over or b"MemoryError" in ended.err or ended.code in (-9, -24, -25):
        return Checked(faults=[Fault(_LOW[ended.over or ("memory" if ended.code != -24 else "time")])]), ended.seconds
    try:
        told: dict[str, Any] = json.loads(ended.out)
    except ValueError:
        reason = ended.err.decode(errors="replace").strip().splitlines()[-1:]
        return Checked(faults=[Fault("Không kiểm tra được biểu mẫu.", original=" ".join(reason)[:300])]), ended.seconds
    told["faults"] = [Fault(**fault) for fault in told["faults"]]
    return Checked(**told), ended.seconds


def _validated(made: Checked, seconds: float) -> list[Fault]:
    """ODK Validate's complaint, if it has one."""
    command = ["/bin/sh", "-c", 'cat > form.xml && exec "$@" form.xml', "sh", *_JAVA, ODK_VALIDATE_PATH]
    ended = apart.run(command, made.xform.encode(), seconds=seconds, megabytes=MEGABYTES, address_space=_JAVA_ADDRESSES)
    said = ended.err.decode(errors="replace")
    if ended.over or "OutOfMemoryError" in said:
        return [Fault(_LOW[ended.over or "memory"])]
    if ended.code == 0:
        return []
    if "java" in said and "not found" in said:
        return [Fault("Máy chủ chưa có Java nên không chạy được ODK Validate; hãy báo quản trị.", original=said[:300])]
    return [of_validate(str(ErrorCleaner.odk_validate(said)), made.rows)]


# Sockets are refused in Python too, where the kernel doesn't keep the process off the network.
_CHILD = """
import sys
def closed(event, args):
    if event.startswith("socket."):
        raise RuntimeError("no network here")
sys.addaudithook(closed)
sys.path.insert(0, sys.argv[1])
from surveys import form_process
form_process.child()
"""


def child() -> None:
    """Reads the header, the files and the form from the input; writes what came of it as JSON."""
    given = sys.stdin.buffer.read()
    line, _, rest = given.partition(b"\n")
    header = json.loads(line)
    files = {}
    for name, size in header["files"]:
        files[name], rest = rest[:size], rest[size:]
    del given
    try:
        came = check(rest, header["name"], files, {key: set(values) for key, values in header["codes"].items()})
    except MemoryError:
        came = Checked(faults=[Fault(_LOW["memory"])])
    json.dump(asdict(came), sys.stdout, ensure_ascii=False)
