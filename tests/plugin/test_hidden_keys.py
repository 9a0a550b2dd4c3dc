"""No key is shown: tracebacks with the values of names, wrong settings of the environment, captured output."""

from __future__ import annotations

import pytest
from _pytest.outcomes import Failed

from tests.plugin.project import KEY, Project
from tests.transport.loopback import Answer

SHOW_ALL = ("-l", "--tb=long", "-vv", "--full-trace", "--junitxml=junit.xml", "--pc-report=report.json", "-ra")


def shown(project: Project, result: pytest.RunResult) -> str:
    """All that a run says, on the terminal and in files."""
    files = [project.root / name for name in ("junit.xml", "report.json")]
    texts = [path.read_text("utf-8") for path in files if path.exists()]
    return "\n".join([result.stdout.str(), result.stderr.str(), *texts])


WRONG_SETTINGS = {
    "SSL_CERT_FILE": ("/nowhere/ca.pem", "SSL_CERT_FILE names a file that cannot be read: /nowhere/ca.pem"),
    "SSL_CERT_DIR": ("/nowhere", "SSL_CERT_DIR names what is no folder: /nowhere"),
    "SSLKEYLOGFILE": ("/nowhere/keys.log", "SSLKEYLOGFILE names a file that cannot be written"),
    "ALL_PROXY": ("socks5://ada:hush-hush@127.0.0.1:1", "ALL_PROXY names a SOCKS proxy"),
    "all_proxy": ("ftp://ada:hush-hush@127.0.0.1:1", "all_proxy is no address of a proxy"),
    "HTTP_PROXY": ("http://ada:hush-hush@127.0.0.1:port", "HTTP_PROXY is no address of a proxy"),
    "HTTPS_PROXY": ("http://ada:hush-hush@", "HTTPS_PROXY is no address of a proxy"),
    "NO_PROXY": ("[::1", "NO_PROXY holds what is neither a host nor a network"),
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without proxies and certificates of its own."""
    for name in WRONG_SETTINGS:
        monkeypatch.delenv(name, raising=False)


WAYS = [(name, ()) for name in WRONG_SETTINGS] + [("HTTP_PROXY", ("-n1",))]


@pytest.mark.parametrize(("name", "options"), WAYS, ids=[f"{name}{''.join(options)}" for name, options in WAYS])
def test_a_wrong_setting_of_the_environment_is_a_usage_error_that_names_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str, options: tuple[str, ...]
) -> None:
    value, said = WRONG_SETTINGS[name]
    monkeypatch.setenv(name, value)

    result = project.run("--pc-live", *options, *SHOW_ALL)

    text = shown(project, result)
    assert f"PC303 {said}" in text
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if options else pytest.ExitCode.USAGE_ERROR)
    assert "Traceback" not in text
    assert "site-packages" not in text
    assert "hush-hush" not in text
    assert KEY not in text
    assert project.server.asked == []


def test_a_replay_is_not_stopped_by_settings_that_it_does_not_need(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.record()
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")

    project.run().assert_outcomes(passed=2)


def test_proxies_that_are_never_asked_need_not_be_right(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "*")

    project.run("--pc-live").assert_outcomes(passed=2)


DEPTHS = (
    "httpx.Request.__init__",
    "httpx.Client.send",
    "prompt_contracts.transport.one_connection.OneConnection.handle_request",
    "httpcore._sync.http11.HTTP11Connection._send_request_headers",
    "h11.Connection.send",
    "prompt_contracts.transport.polled_socket.PolledSocket.write",
    "httpx.Response.iter_raw",
    "prompt_contracts.transport.client.keep_response_headers",
    "prompt_contracts.transport.client.NetworkSender._exchange",
    "prompt_contracts.transport.client.request_headers",
    "prompt_contracts.transport.recording.Recorder.add",
    "prompt_contracts.conversation.driver.answer_cost",
)


def boom(*arguments: object, **named: object) -> None:
    raise RuntimeError("a mistake of ours")


def timed_out(*arguments: object, **named: object) -> None:
    raise Failed("Timeout >1.0s")


CRASHES = [
    *((depth, "bearer", boom) for depth in DEPTHS),
    *((depth, "api-key", boom) for depth in DEPTHS[1:5:2]),
    *((depth, "bearer", timed_out) for depth in DEPTHS[1:5:2]),
]


@pytest.mark.parametrize(("depth", "auth", "raising"), CRASHES)
def test_a_mistake_at_any_depth_shows_no_key(
    project: Project, monkeypatch: pytest.MonkeyPatch, depth: str, auth: str, raising: object
) -> None:
    headers = '[tool.prompt_contracts.providers.house.headers]\nx-gateway-token = "gateway-token-4711"\n'
    project.configure(headers)
    if auth == "api-key":
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", project.server.base_url.removesuffix("/v1"))
    monkeypatch.setattr(depth, raising)

    model = ("--pc-model=azure:small",) if auth == "api-key" else ()
    result = project.run("--pc-record=rewrite", *model, *SHOW_ALL)

    text = shown(project, result)
    assert result.ret != 0
    assert ("a mistake of ours" in text) == (raising is boom)
    assert KEY not in text
    assert "gateway-token-4711" not in text


def test_a_mistake_says_where_it_arose(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("h11.Connection.send", boom)

    result = project.run("--pc-live")

    result.stdout.fnmatch_lines(
        ["*RuntimeError: a mistake of ours", "*values are not shown*", '*test_hidden_keys.py"*']
    )


@pytest.mark.parametrize(
    "configured",
    ["http://ada:hush-hush@HOST/v1", "http://HOST/v1?api_key=hush-hush-hush", "http://HOST/v1?team=a&sig=hush-hush"],
)
def test_a_key_in_the_address_is_not_shown(project: Project, monkeypatch: pytest.MonkeyPatch, configured: str) -> None:
    host = project.server.base_url.partition("://")[2].removesuffix("/v1")
    project.configure()
    path = project.root / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace(project.server.base_url, configured.replace("HOST", host)), "utf-8")
    project.answer(Answer(promised=1000))
    monkeypatch.setattr("prompt_contracts.transport.client.read_failure", boom)

    assert "hush" not in shown(project, project.run("--pc-live", *SHOW_ALL))


CASE = """
version: 1
models: [house:small]
cases:
  - name: greets
    user: Hello
    expect: {text: {$regex: .}}
"""
PASTED = "sk-proj-0123456789abcdefghijklmnop"


@pytest.mark.parametrize(
    "arguments",
    [
        (f"--pc-trials={PASTED}",),
        (f"--pc-model={PASTED}",),
        (f"--pc-env-file={PASTED}",),
        ("--pc-watch", f"--pc-record={PASTED}"),
        (f"--pc-compare={PASTED}.json",),
        (f"--pc-report={PASTED}.docx",),
    ],
    ids=lambda arguments: arguments[0].partition("=")[0],
)
def test_a_key_that_was_pasted_as_the_value_of_an_option_is_not_repeated(
    project: Project, arguments: tuple[str, ...]
) -> None:
    project.write(weather=CASE)

    result = project.run(*arguments)

    said = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "[an OpenAI-style key (sk-…)]" in said
    assert PASTED not in said


def test_the_value_that_the_environment_hides_in_the_env_file_is_in_no_recording(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = "another-key-of-the-house"
    monkeypatch.setenv("HOUSE_KEY", KEY)
    (project.root / ".env").write_text(f"HOUSE_KEY={hidden}\n")
    project.write(weather=CASE)
    project.answer_text(f"The key is {hidden}.")

    result = project.run("--pc-record=once", *SHOW_ALL)

    result.stdout.fnmatch_lines(["*PC203 the value of HOUSE_KEY stands in the response body*"])
    assert hidden not in shown(project, result)
    assert project.cassettes == []
