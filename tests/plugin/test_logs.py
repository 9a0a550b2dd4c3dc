"""What a run logs: the lines of the network library, without what is nobody's business."""

from __future__ import annotations

import logging

import pytest

from tests.plugin.project import KEY, Project, completion, provider_error
from tests.transport.loopback import Answer, Asked

LOGGERS = ("httpx", "httpcore.http11", "httpcore.connection")
SECRET_HEADERS = (("Set-Cookie", "session=chocolate-chip"), ("OpenAI-Organization", 'org-"quoted"-4711'))


def chatty(asked: Asked) -> Answer:
    """An answer with headers that are not to be seen, and one that may be."""
    calm = completion(text="a")
    return Answer(
        body=calm.body, headers=(*calm.headers, *SECRET_HEADERS, ("X-Request-Id", f"of-{KEY}"), ("Retry-After", "7"))
    )


def configure(project: Project) -> None:
    path = project.root / "pyproject.toml"
    address = project.server.base_url
    path.write_text(path.read_text("utf-8").replace(address, f"{address}?token=hush-hush-hush&team=a"), "utf-8")


@pytest.fixture(autouse=True)
def chatty_project(project: Project) -> None:
    configure(project)
    project.answer(chatty)


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_no_log_shows_a_key_or_a_header_that_is_not_ours(project: Project, level: str) -> None:
    result = project.run(
        "--pc-live",
        f"--log-level={level}",
        f"--log-cli-level={level}",
        f"--log-file-level={level}",
        "--log-file=log.txt",
        "--junitxml=junit.xml",
        "-o",
        "junit_logging=all",
        "-rA",
    )

    files = [(project.root / name).read_text("utf-8") for name in ("log.txt", "junit.xml")]
    printed = result.stdout.str() + result.stderr.str()
    for text in (printed, files[0]):  # what was asked ahead may be over before a test begins, which JUnit tells of
        assert "HTTP Request: POST http://127.0.0.1:" in text
        assert "team=a" in text
    for text in (printed, *files):
        for hidden in ("hush", "chocolate", "4711", KEY):
            assert hidden not in text
    if level == "DEBUG":
        assert "(b'Retry-After', b'7')" in files[0]
        assert "(b'Set-Cookie', not shown)" in files[0]
        assert "DEBUG    prompt_contracts:" in files[0]


def test_the_logs_of_other_people_s_requests_stay_as_they_are(project: Project) -> None:
    project.pytester.makepyfile(
        test_own=f"""
        import httpx

        def test_own():
            httpx.get("{project.server.base_url}/x?token=my-own-token")
            assert False
        """
    )

    result = project.pytester.runpytest("cases", "test_own.py", "--pc-live", "--log-level=DEBUG")

    result.stdout.fnmatch_lines(["*HTTP Request: GET *token=my-own-token*"])
    result.stdout.fnmatch_lines(["*chocolate-chip*"])


def own_lines(project: Project, level: str, *arguments: str) -> list[str]:
    """What a log file of a level has of ours, without the place in the source."""
    project.run(f"--log-file-level={level}", "--log-file=log.txt", "-k", "oslo", *arguments)
    lines = (project.root / "log.txt").read_text("utf-8").splitlines()
    return [line.split(" ", 1)[1].lstrip().split(" ", 1)[1] for line in lines if " prompt_contracts:" in line]


def test_a_verdict_is_a_line_at_info(project: Project) -> None:
    (line,) = own_lines(project, "INFO", "--pc-live")

    assert line.startswith("cases/weather.yaml::picks_weather[oslo-house:small]: failed, tool_calls")
    assert own_lines(project, "ERROR", "--pc-live") == []


def test_a_cell_without_a_verdict_is_a_line_at_error(project: Project) -> None:
    (line,) = own_lines(project, "ERROR")

    assert line.startswith("cases/weather.yaml::picks_weather[oslo-house:small]: error, PC201 nothing is recorded")


def test_a_verdict_is_logged_without_keys(project: Project) -> None:
    project.answer(provider_error(400, message=f"not {KEY}"))

    project.run("--pc-live", "--log-file-level=ERROR", "--log-file=log.txt")

    logged = (project.root / "log.txt").read_text("utf-8")
    assert "invalid_request: not [HOUSE_KEY]" in logged
    assert KEY not in logged


def test_nobody_who_did_not_ask_for_logs_gets_any(project: Project) -> None:
    result = project.run("-k", "oslo")

    result.assert_outcomes(errors=1)
    result.stdout.no_fnmatch_line("*Captured log*")


def test_the_loggers_are_left_as_they_were(project: Project) -> None:
    before = [list(logging.getLogger(name).filters) for name in LOGGERS]

    project.run("--pc-live")

    assert [logging.getLogger(name).filters for name in LOGGERS] == before
