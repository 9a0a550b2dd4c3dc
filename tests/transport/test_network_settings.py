"""Which variables of the environment keep a client from being made, and which are rightly passed over."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest

from prompt_contracts.transport.network_settings import settings_problem, unknown_problem

WRONG = "http://127.0.0.1:port"
PEM = certifi.where()


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, None),
        ({"HTTP_PROXY": WRONG}, "HTTP_PROXY is no address of a proxy"),
        ({"HTTP_PROXY": WRONG, "REQUEST_METHOD": "GET"}, None),
        ({"HTTPS_PROXY": WRONG, "REQUEST_METHOD": "GET"}, "HTTPS_PROXY is no address"),
        ({"http_proxy": WRONG, "REQUEST_METHOD": "GET"}, "http_proxy is no address"),
        ({"http_proxy": "http://127.0.0.1:1", "HTTP_PROXY": WRONG}, None),
        ({"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": WRONG}, "http_proxy is no address"),
        ({"http_proxy": "", "HTTP_PROXY": WRONG}, None),
        ({"HTTP_PROXY": "", "https_proxy": WRONG}, "https_proxy is no address"),
        ({"all_proxy": "127.0.0.1:3128"}, None),
        ({"all_proxy": "http://"}, "all_proxy is no address of a proxy: write http://host:port"),
        ({"all_proxy": WRONG, "no_proxy": "*"}, None),
        ({"all_proxy": WRONG, "no_proxy": "a.example, *"}, None),
        ({"all_proxy": WRONG, "NO_PROXY": "*"}, None),
        ({"all_proxy": WRONG, "no_proxy": "a.example"}, "all_proxy is no address"),
        ({"SSL_CERT_FILE": ""}, None),
        ({"SSL_CERT_FILE": PEM}, None),
        ({"SSL_CERT_FILE": PEM, "SSL_CERT_DIR": "/nowhere"}, None),
        ({"SSL_CERT_FILE": __file__}, "SSL_CERT_FILE names a file that holds no certificate: "),
        ({"SSL_CERT_FILE": "/nowhere"}, "cannot be read: /nowhere: No such file or directory"),
        ({"SSL_CERT_FILE": "a\0b"}, "its name is none that a file can have"),
        ({"SSL_CERT_DIR": "/nowhere:/"}, None),
        ({"SSL_CERT_DIR": "/nowhere:/neither"}, "SSL_CERT_DIR names what is no folder: /nowhere:/neither"),
        ({"SSL_CERT_DIR": ""}, None),
        ({"SSLKEYLOGFILE": "/nowhere/log"}, "SSLKEYLOGFILE names a file that cannot be written: No such file"),
        ({"SSLKEYLOGFILE": "a\0b"}, "its name is none that a file can have"),
        ({"SSLKEYLOGFILE": ""}, None),
    ],
    ids=str,
)
def test_only_what_counts_and_cannot_be_used_is_a_problem(environ: dict[str, str], said: str | None) -> None:
    problem = settings_problem(environ)

    assert (problem is None) == (said is None)
    assert (said or "") in str(problem)


def test_a_file_for_keys_of_connections_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("kept\n")

    assert settings_problem({"SSLKEYLOGFILE": str(tmp_path / "log")}) is None
    assert (tmp_path / "log").read_text() == "kept\n"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"NO_PROXY": "[::1"}, "NO_PROXY holds what is neither a host nor a network; correct it"),
        ({"no_proxy": "[::1", "NO_PROXY": "a"}, "no_proxy holds"),
        ({"NO_PROXY": ""}, "no HTTP client can be made here: ValueError"),
        ({}, "no HTTP client can be made here: ValueError"),
    ],
    ids=str,
)
def test_where_every_setting_looks_right_by_itself_the_error_is_no_more_than_named(
    environ: dict[str, str], said: str
) -> None:
    problem = unknown_problem(environ, ValueError("http://ada:hush-hush@proxy"))

    assert str(problem).startswith(f"PC303 {said}")
    assert "hush" not in str(problem)
