"""What can keep a backup from being made or restored, each with its Vietnamese and English sentence."""

from app.startup_problems import StartupProblem


class OwnServer(StartupProblem):
    """The database isn't the private cluster: its server's own tools back it up."""

    code = "backup_own_server"
    vi = (
        "DATABASE_URL trỏ tới máy chủ PostgreSQL riêng: hãy sao lưu và phục hồi bằng công cụ của máy chủ đó "
        "(pg_dump, pg_restore), cùng thư mục media trong DIABAN_HOME."
    )
    en = (
        "DATABASE_URL names a server of yours: back it up and restore it with its own tools (pg_dump, pg_restore), "
        "together with the folder media in DIABAN_HOME."
    )


class BackupFailed(StartupProblem):
    """A program or a write failed; facts: what, reason."""

    code = "backup_failed"
    vi = "Không sao lưu hoặc phục hồi được ({what}): {reason}. Chưa có gì bị thay đổi ở bản đang dùng."
    en = "Backing up or restoring failed ({what}): {reason}. What is in use was not changed."


class NoBackup(StartupProblem):
    """The folder holds no whole backup; facts: folder."""

    code = "no_backup"
    vi = "{folder} không phải một bản sao lưu đầy đủ: cần có manifest.json và database.dump. Hãy chọn thư mục diaban-…"
    en = "{folder} is no whole backup: manifest.json and database.dump are needed. Choose a folder diaban-…"


class BackupDamaged(StartupProblem):
    """The archive isn't the one that was made; facts: file."""

    code = "backup_damaged"
    vi = "{file} không còn như lúc lập bản sao lưu (mã băm khác): tệp hỏng hoặc bị sửa. Hãy dùng bản khác."
    en = "{file} isn't as it was made (its hash differs): damaged or changed. Use another backup."


class HomeNotEmpty(StartupProblem):
    """There is a database already; facts: folder."""

    code = "home_not_empty"
    vi = "{folder} đã có dữ liệu: chỉ phục hồi vào một DIABAN_HOME trống. Hãy đặt DIABAN_HOME là thư mục mới."
    en = "{folder} holds data already: only an empty DIABAN_HOME is restored into. Set DIABAN_HOME to a new folder."
