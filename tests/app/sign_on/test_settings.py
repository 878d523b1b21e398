"""The block of settings for the province's sign-in service: whole or not at all, and safe."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import sentence
from app.config import Config
from app.startup_problems import ConfigProblem

Block = Callable[..., dict[str, str]]


@pytest.fixture
def block(tmp_path: Path) -> Block:
    """The whole block, with changes; None leaves one out."""
    file = tmp_path / "oidc"
    file.write_text("mot bi mat\n")
    file.chmod(0o600)
    whole = {
        "DIABAN_OIDC_ISSUER": "https://sso.example.vn/realms/lamdong", "DIABAN_OIDC_CLIENT": "dia-ban",
        "DIABAN_OIDC_SECRET_FILE": str(file), "DIABAN_OIDC_NAME": "Cổng Lâm Đồng",
    }  # fmt: skip

    def made(**change: str | None) -> dict[str, str]:
        changed = whole | {f"DIABAN_OIDC_{name}": value for name, value in change.items()}
        return {name: value for name, value in changed.items() if value is not None}

    return made


def test_the_whole_block_is_taken_and_its_secret_shown_nowhere(block: Block) -> None:
    config = Config.from_environment(block())
    assert config.provider is not None
    assert (config.provider.secret, config.provider.claim) == ("mot bi mat", "preferred_username")
    assert "mot bi mat" not in repr(config)
    other = Config.from_environment(block(CLAIM="email")).provider
    assert other is not None
    assert other.claim == "email"
    assert Config.from_environment({}).provider is None


@pytest.mark.parametrize("name", ["ISSUER", "CLIENT", "SECRET_FILE", "NAME"])
def test_a_part_of_the_block_alone_stops_the_start_naming_what_is_missing(block: Block, name: str) -> None:
    with pytest.raises(ConfigProblem, match=f"DIABAN_OIDC_{name}'"):
        Config.from_environment(block(**{name: None}))
    with pytest.raises(ConfigProblem, match="DIABAN_OIDC_ISSUER'"):
        Config.from_environment({"DIABAN_OIDC_CLAIM": "email"})


@pytest.mark.parametrize(
    "issuer",
    [
        "http://sso.example.vn", "http://10.0.0.7", "sso.example.vn", "https://", "ftp://sso.example.vn",
        "https://a:b@sso.example.vn", "https://a@sso.example.vn",
        "https://sso.example.vn?x=1", "https://sso.example.vn#x", "https://[::1",
    ],
)  # fmt: skip
def test_a_service_that_is_elsewhere_is_asked_over_https_alone(block: Block, issuer: str) -> None:
    with pytest.raises(ConfigProblem) as refused:
        Config.from_environment(block(ISSUER=issuer))
    assert "DIABAN_OIDC_ISSUER" in sentence(refused.value)


@pytest.mark.parametrize("issuer", ["http://localhost:9400", "http://127.0.0.1:9400/a", "http://[::1]:9400"])
def test_on_this_machine_http_will_do(block: Block, issuer: str) -> None:
    assert Config.from_environment(block(ISSUER=issuer)).provider is not None


@pytest.mark.parametrize(("change", "named"), [({"CLAIM": "a b"}, "CLAIM"), ({"NAME": "x" * 61}, "NAME")])
def test_other_faults_are_named_too(block: Block, change: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigProblem, match=f"DIABAN_OIDC_{named}"):
        Config.from_environment(block(**change))


@pytest.mark.parametrize(
    ("held", "mode", "said"),
    [("x", 0o640, "chmod 600"), ("x", 0o604, "chmod 600"), ("", 0o600, "một dòng"), ("a\nb", 0o600, "một dòng")],
)
def test_the_secret_is_one_line_in_a_file_of_its_owner_alone(
    block: Block, tmp_path: Path, held: str, mode: int, said: str
) -> None:
    file = tmp_path / "khac"
    file.write_text(held)
    file.chmod(mode)
    with pytest.raises(ConfigProblem, match="DIABAN_OIDC_SECRET_FILE") as refused:
        Config.from_environment(block(SECRET_FILE=str(file)))
    assert said in sentence(refused.value)


def test_a_secret_file_that_is_not_there_is_named(block: Block) -> None:
    with pytest.raises(ConfigProblem, match="DIABAN_OIDC_SECRET_FILE"):
        Config.from_environment(block(SECRET_FILE="/khong/co"))


def test_behind_a_proxy_or_off_loopback_the_address_people_open_must_be_told(block: Block) -> None:
    for more in ({"DIABAN_TRUSTED_PROXY": "10.0.0.1"}, {"DIABAN_TRUSTED_PROXY": "10.0.0.1", "DIABAN_HOST": "0.0.0.0"}):
        with pytest.raises(ConfigProblem, match="DIABAN_URL"):
            Config.from_environment(block() | more)
        known = block() | more | {"DIABAN_URL": "https://diaban.example.vn"}
        assert Config.from_environment(known).provider is not None
