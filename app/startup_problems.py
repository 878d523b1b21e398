"""What can keep Địa Bàn from starting, each with its Vietnamese and English sentence (one line: what, and what to do)."""

from geodata.problems import Problem


class StartupProblem(Problem):
    """Base of everything that stops a start; the sentences are format strings over the facts."""

    code = "startup"
    vi = "Không khởi động được: {reason}."
    en = "Cannot start: {reason}."


class ConfigProblem(StartupProblem):
    """A setting holds a value that can't be used; facts: variable, value, expected, do."""

    code = "config"
    vi = "Biến môi trường {variable} có giá trị không dùng được ({value!r}): {expected_vi}."
    en = "Environment variable {variable} has an unusable value ({value!r}): {expected_en}."


class HostNotSafe(StartupProblem):
    """The chosen host can be reached from other machines without encryption; facts: host."""

    code = "host_not_safe"
    vi = (
        "DIABAN_HOST={host} mở ra ngoài máy này mà không có TLS: đặt DIABAN_TLS_CERT và DIABAN_TLS_KEY, "
        "hoặc DIABAN_TRUSTED_PROXY là địa chỉ máy chủ trung gian có TLS, hoặc để DIABAN_HOST=127.0.0.1."
    )
    en = (
        "DIABAN_HOST={host} is reachable from other machines without TLS: set DIABAN_TLS_CERT and DIABAN_TLS_KEY, "
        "or DIABAN_TRUSTED_PROXY to the address of a proxy that ends TLS, or keep DIABAN_HOST=127.0.0.1."
    )


class DemoInPublic(StartupProblem):
    """Demo accounts together with a host other machines reach; facts: host."""

    code = "demo_in_public"
    vi = (
        "Không mở DIABAN_HOST={host} ra ngoài máy này khi có tài khoản thử nghiệm: đặt DIABAN_DEMO=0 và dùng cơ sở dữ liệu "
        "không có dữ liệu thử (một DIABAN_HOME mới), hoặc để DIABAN_HOST=127.0.0.1."
    )
    en = (
        "DIABAN_HOST={host} is not opened to other machines while demo accounts exist: set DIABAN_DEMO=0 and use a database "
        "without demo data (a new DIABAN_HOME), or keep DIABAN_HOST=127.0.0.1."
    )


class WebPortTaken(StartupProblem):
    """Another program listens where the web server should; facts: host, port."""

    code = "web_port_taken"
    vi = "Cổng {port} trên {host} đang có chương trình khác dùng: dừng chương trình đó, hoặc chọn cổng khác, ví dụ DIABAN_PORT={other}."
    en = (
        "Port {port} on {host} is in use by another program: stop it, or choose another port, e.g. DIABAN_PORT={other}."
    )


class DiskFull(StartupProblem):
    """Too little room for the database to run safely; facts: folder, free_mb, needed_mb."""

    code = "disk_full"
    vi = "Ổ đĩa chứa {folder} chỉ còn {free_mb} MB, cần ít nhất {needed_mb} MB: giải phóng chỗ, hoặc đặt DIABAN_HOME ở ổ đĩa khác."
    en = "The disk holding {folder} has only {free_mb} MB free, at least {needed_mb} MB are needed: free some room, or put DIABAN_HOME on another disk."


class WrongOwner(StartupProblem):
    """A data folder belongs to somebody else; facts: folder, owner, us."""

    code = "wrong_owner"
    vi = "Thư mục {folder} thuộc người dùng {owner}, không phải {us}: chạy bằng {owner}, hoặc đổi chủ (chown -R {us} {folder}), hoặc đặt DIABAN_HOME khác."
    en = "The folder {folder} belongs to {owner}, not to {us}: run as {owner}, or change its owner (chown -R {us} {folder}), or set another DIABAN_HOME."


class FolderClosed(StartupProblem):
    """PostgreSQL's own user can't pass a parent of the data folder; facts: folder, user."""

    code = "folder_closed"
    vi = "PostgreSQL chạy bằng người dùng {user}, không đi qua được thư mục {folder}: chmod a+x {folder}, hoặc đặt DIABAN_HOME ở nơi khác (ví dụ /srv/diaban)."
    en = "PostgreSQL runs as {user}, who cannot pass through {folder}: chmod a+x {folder}, or set DIABAN_HOME elsewhere (e.g. /srv/diaban)."


class FolderNotWritable(StartupProblem):
    """The home can't be written by the user who starts the app; facts: folder, us."""

    code = "folder_not_writable"
    vi = "Người dùng {us} không ghi được vào {folder}: cấp quyền ghi, hoặc đặt DIABAN_HOME ở thư mục khác."
    en = "User {us} cannot write in {folder}: grant write access, or set DIABAN_HOME to another folder."


class PostgresMissing(StartupProblem):
    """No PostgreSQL server programs on this machine."""

    code = "postgres_missing"
    vi = "Không thấy PostgreSQL trên máy: sudo apt-get install postgresql-15-postgis-3, hoặc đặt DATABASE_URL trỏ tới máy chủ có sẵn."
    en = "No PostgreSQL server found: sudo apt-get install postgresql-15-postgis-3, or set DATABASE_URL to a server of yours."


class PostgresTooOld(StartupProblem):
    """The PostgreSQL server is older than supported; facts: found, needed."""

    code = "postgres_too_old"
    vi = "PostgreSQL {found} quá cũ, cần {needed} trở lên: cài bản mới hơn, hoặc đặt DATABASE_URL trỏ tới máy chủ mới hơn."
    en = "PostgreSQL {found} is too old, {needed} or newer is needed: install a newer one, or set DATABASE_URL to a newer server."


class PostgresOtherVersion(StartupProblem):
    """The data folder was made by a version whose programs are missing; facts: folder, version."""

    code = "postgres_other_version"
    vi = "Dữ liệu trong {folder} được tạo bằng PostgreSQL {version}, mà máy không còn bản đó: sudo apt-get install postgresql-{version}-postgis-3."
    en = "The data in {folder} was made by PostgreSQL {version}, which is not installed: sudo apt-get install postgresql-{version}-postgis-3."


class PostgisMissing(StartupProblem):
    """The server has no PostGIS; facts: server (PostgreSQL's major version)."""

    code = "postgis_missing"
    vi = "Máy chủ PostgreSQL không có PostGIS: sudo apt-get install postgresql-{server}-postgis-3 trên máy chủ đó."
    en = "The PostgreSQL server has no PostGIS: sudo apt-get install postgresql-{server}-postgis-3 on that machine."


class PostgisTooOld(StartupProblem):
    """PostGIS is older than supported; facts: found, needed."""

    code = "postgis_too_old"
    vi = "PostGIS {found} quá cũ, cần {needed} trở lên: nâng cấp gói postgis, rồi ALTER EXTENSION postgis UPDATE."
    en = "PostGIS {found} is too old, {needed} or newer is needed: upgrade the package, then ALTER EXTENSION postgis UPDATE."


class PostgresFailed(StartupProblem):
    """PostgreSQL didn't start for a reason of its own; facts: reason (its last telling line), log."""

    code = "postgres_failed"
    vi = "PostgreSQL không khởi động được ({reason}): xem {log}."
    en = "PostgreSQL did not start ({reason}): see {log}."


class DatabaseUnreachable(StartupProblem):
    """No connection to the database; facts: address (no password), reason."""

    code = "database_unreachable"
    vi = "Không nối được tới cơ sở dữ liệu {address} ({reason}): kiểm tra máy chủ và DATABASE_URL."
    en = "Cannot connect to the database {address} ({reason}): check the server and DATABASE_URL."


class LoginTooWeak(StartupProblem):
    """The given login may not do what setting up needs; facts: login, reason."""

    code = "login_too_weak"
    vi = "Tài khoản cơ sở dữ liệu {login} không đủ quyền ({reason}): dùng tài khoản quản trị trong DATABASE_URL, hoặc nhờ quản trị viên làm trước."
    en = "Database login {login} lacks the rights ({reason}): use an administrator's login in DATABASE_URL, or have the administrator do it first."


class NotPrepared(StartupProblem):
    """The database was never prepared from this home; facts: folder."""

    code = "not_prepared"
    vi = "Chưa chuẩn bị cơ sở dữ liệu (không thấy mật khẩu trong {folder}): chạy `diaban init` trước."
    en = "The database is not prepared (no passwords in {folder}): run `diaban init` first."


class MigrationRefused(StartupProblem):
    """The tables couldn't be brought to the wanted revision; nothing was changed; facts: reason."""

    code = "migration_refused"
    vi = "Không nâng cấp được bảng dữ liệu ({reason}), dữ liệu giữ nguyên: dừng các chương trình đang dùng cơ sở dữ liệu, hoặc dùng đúng phiên bản Địa Bàn rồi chạy lại."
    en = "The tables could not be migrated ({reason}), nothing was changed: stop other programs using the database, or use the right version of Địa Bàn, then try again."


class NotRunning(StartupProblem):
    """The prepared database doesn't answer; facts: address, reason."""

    code = "not_running"
    vi = "Cơ sở dữ liệu tại {address} không trả lời ({reason}): chạy `diaban up`, hoặc khởi động máy chủ cơ sở dữ liệu."
    en = "The database at {address} does not answer ({reason}): run `diaban up`, or start the database server."


class ChildDied(StartupProblem):
    """A program `diaban up` started ended by itself; facts: name, status."""

    code = "child_died"
    vi = "Tiến trình {name} đã dừng (mã {status}), nên mọi thứ được dừng theo: xem thông báo phía trên rồi chạy lại."
    en = "The {name} process ended (status {status}), so everything was stopped: see its message above, then start again."


class ClusterDied(StartupProblem):
    """The private cluster ended while everything else ran; facts: log."""

    code = "cluster_died"
    vi = "PostgreSQL đã dừng, nên mọi thứ được dừng theo: xem {log} rồi chạy lại."
    en = "PostgreSQL ended, so everything was stopped: see {log}, then start again."


class NotReady(StartupProblem):
    """The web server didn't answer in time; facts: address, seconds."""

    code = "not_ready"
    vi = "Máy chủ web không trả lời tại {address} sau {seconds} giây: xem thông báo phía trên."
    en = "The web server did not answer at {address} within {seconds} seconds: see the messages above."
