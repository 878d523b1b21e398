"""The private cluster's configuration, scaled to the machine: memory, cores and room on the disk."""

import os
import shutil
from pathlib import Path

MB = 1024 * 1024
# A new cluster with PostGIS takes about 60 MB; one that can't write its log stops dead, so it isn't started.
ROOM_TO_MAKE_MB = 300
ROOM_TO_RUN_MB = 100
# One line, no trust anywhere, no unix socket: whoever connects knows a password.
HBA = "host all all 127.0.0.1/32 scram-sha-256\n"


def machine_memory() -> int:
    """Bytes this process may count on: the machine's memory, or less where a container says so."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        if limit.is_file() and (said := limit.read_text().strip()).isdigit():
            return min(whole, int(said))
    return whole


def write(folder: Path, data: Path, port: int) -> Path:
    """Writes `postgresql.conf` and `pg_hba.conf` into `folder`, which the server can't change; gives the former."""
    hba = folder / "pg_hba.conf"
    _publish(hba, HBA)
    free = shutil.disk_usage(folder).free
    lines = [f"{name} = {value}" for name, value in settings(machine_memory(), os.cpu_count() or 1, free).items()]
    lines += [
        f"data_directory = {_quoted(data)}",
        f"hba_file = {_quoted(hba)}",
        f"log_directory = {_quoted(folder / 'log')}",
        f"port = {port}",
    ]
    conf = folder / "postgresql.conf"
    _publish(conf, "# Written at every start; lasting changes belong into ALTER SYSTEM.\n" + "\n".join(lines) + "\n")
    return conf


def settings(memory: int, cores: int, free: int) -> dict[str, str]:
    """Settings for a machine with `memory` bytes, `cores`, and `free` bytes on the disk of the data."""

    def share(part: int, least: int, most: int, of: int = memory) -> str:
        return f"{min(max(of // MB // part, least), most)}MB"

    return {
        "listen_addresses": "'127.0.0.1'",
        "unix_socket_directories": "''",
        "password_encryption": "scram-sha-256",
        "ssl": "off",  # never leaves loopback
        "max_connections": "100",
        "shared_buffers": share(6, 128, 4096),
        "effective_cache_size": share(2, 256, 65536),
        "maintenance_work_mem": share(24, 64, 1024),
        "work_mem": share(512, 8, 64),
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_compression": "on",
        # A long bulk load checkpoints seldom, but the log never takes a fifth of what is left on the disk.
        "max_wal_size": share(6, 256, 4096, free),
        "min_wal_size": "128MB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "100",
        "max_worker_processes": str(max(8, cores)),
        "max_parallel_workers": str(cores),
        "max_parallel_workers_per_gather": str(min(2, max(0, cores - 1))),
        "jit": "off",  # compiling costs more than a tile or a form takes
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "lc_messages": "'C'",  # the start reads its own log
        "log_min_duration_statement": "2s",
        # The text of reports doesn't belong into a log.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_min_error_statement": "panic",
        "logging_collector": "on",
        "log_filename": "'postgresql-%a.log'",
        "log_truncate_on_rotation": "on",
        "log_rotation_size": "0",
    }


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _publish(path: Path, text: str) -> None:
    """Replaces the file whole, readable by the server's user; holds no secret."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o644)
    draft.replace(path)
