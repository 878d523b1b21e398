"""Settings are read once, checked, and refuse what is unsafe."""

from pathlib import Path

import pytest

from app.cli import sentence
from app.config import Config
from app.startup_problems import ConfigProblem, DemoInPublic, HostNotSafe


def test_without_any_variable_it_is_private_local_and_without_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/tmp")
    config = Config.from_environment({})
    assert (config.host, config.port, config.url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert config.database_url is None
    assert not config.demo
    assert config.home == Path.cwd() / "var"


def test_root_in_a_closed_folder_keeps_its_data_where_postgresql_can_go(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    here, elsewhere = tmp_path / "var", Path("/var/lib/diaban") / str(tmp_path)[1:].replace("/", "-")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert Config.from_environment({}).home == elsewhere
    assert Config.from_environment({"DATABASE_URL": "postgresql://a:b@c/d"}).home == here
    assert Config.from_environment({"DIABAN_HOME": str(here)}).home == here
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert Config.from_environment({}).home == here
    monkeypatch.setattr("os.geteuid", lambda: 0)
    (here / "cluster").mkdir(parents=True)
    assert Config.from_environment({}).home == here, "data that is there is never lost sight of"


def test_an_empty_variable_counts_as_unset() -> None:
    assert Config.from_environment({"DIABAN_PORT": "", "DATABASE_URL": " "}) == Config.from_environment({})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DIABAN_PORT", "0"),
        ("DIABAN_PORT", "65536"),
        ("DIABAN_PORT", "eight"),
        ("DIABAN_PORT", "٨٠"),
        ("DIABAN_HOST", "example.vn"),
        ("DIABAN_DEMO", "yes"),
        ("DIABAN_DEMO_PASSWORD", "short"),
        ("DIABAN_BASEMAP", "/no/such.pmtiles"),
        ("DIABAN_POINT_ACCURACY", "0"),
        ("DIABAN_POINT_ACCURACY", "15 m"),
        ("DIABAN_BASEMAP", "https://tiles.example.vn/map"),
        ("DIABAN_URL", "http://diaban.example.vn"),
        ("DIABAN_URL", "https://diaban.example.vn/below"),
        ("DIABAN_URL", "https://diaban.example.vn:port"),
        ("DIABAN_URL", "diaban.example.vn"),
        ("DATABASE_URL", "mysql://a:b@c/d"),
        ("DATABASE_URL", "postgresql://a:b@c"),
        ("DATABASE_URL", "not an address"),
        ("DIABAN_TLS_CERT", "/no/such.pem"),
        ("DIABAN_TRUSTED_PROXY", "proxy.example.vn"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(variable: str, value: str) -> None:
    both = {"DIABAN_TLS_KEY": "/no/such.key"} if variable == "DIABAN_TLS_CERT" else {}
    with pytest.raises(ConfigProblem) as refused:
        Config.from_environment({variable: value, **both})
    said = sentence(refused.value)
    assert variable in said
    assert "\n" not in said


def test_a_wrong_database_address_is_refused_without_repeating_its_password() -> None:
    with pytest.raises(ConfigProblem) as refused:
        Config.from_environment({"DATABASE_URL": "mysql://me:topsecret@host/db"})
    assert "topsecret" not in sentence(refused.value)
    assert "topsecret" not in str(refused.value)


def test_any_way_of_writing_a_postgresql_address_becomes_one_for_psycopg() -> None:
    for given in ("postgresql://a:b%40@c:1/d", "postgres://a:b%40@c:1/d", "postgresql+psycopg://a:b%40@c:1/d"):
        assert Config.from_environment({"DATABASE_URL": given}).database_url == "postgresql+psycopg://a:b%40@c:1/d"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])
def test_off_loopback_without_tls_it_refuses(host: str) -> None:
    with pytest.raises(HostNotSafe):
        Config.from_environment({"DIABAN_HOST": host})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_on_loopback_it_starts_without_tls_and_with_demo(host: str) -> None:
    assert Config.from_environment({"DIABAN_HOST": host, "DIABAN_DEMO": "1"}).on_loopback


def test_off_loopback_with_demo_accounts_it_refuses_even_behind_a_proxy() -> None:
    behind = {"DIABAN_HOST": "0.0.0.0", "DIABAN_TRUSTED_PROXY": "10.0.0.1, 10.0.0.2"}
    assert Config.from_environment(behind).trusted_proxy == ("10.0.0.1", "10.0.0.2")
    with pytest.raises(DemoInPublic):
        Config.from_environment({**behind, "DIABAN_DEMO": "1"})


def test_certificate_and_key_come_together_and_make_the_address_https(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_text("c")
    key.write_text("k")
    given = {"DIABAN_HOST": "0.0.0.0", "DIABAN_TLS_CERT": str(cert)}
    with pytest.raises(ConfigProblem, match="DIABAN_TLS_KEY"):
        Config.from_environment(given)
    config = Config.from_environment({**given, "DIABAN_TLS_KEY": str(key)})
    assert config.url == "https://0.0.0.0:8000"


def test_it_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Config.from_environment({}).port = 1  # type: ignore[misc]
