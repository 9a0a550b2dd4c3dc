"""What a run finds around itself: its environment, the rates of its providers, the host of its applications."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prompt_contracts.application.egress import Egress
from prompt_contracts.application.host import ApplicationHost, HandlerPolicy
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.engine.secrecy import Secrecy, key_variables
from prompt_contracts.errors import UsageError
from prompt_contracts.interaction import ApiResponse, Meaning
from prompt_contracts.references import References
from prompt_contracts.secret import Environment
from prompt_contracts.settings import ProviderRates, Settings
from prompt_contracts.transport.environment import read_env_file
from prompt_contracts.wait import Wait


def run_environment(options: RunOptions, environ: Mapping[str, str]) -> Environment:
    """The environment, and below it the `.env` file when this run may call a provider."""
    path = options.env_file or options.root / ".env"
    if options.env_file is not None and not path.is_file():
        raise UsageError(f"--pc-env-file: there is no file {path}", code="PC330")
    # A replay needs no key: the file is not even opened.
    if options.mode == "none" or not path.is_file():
        return Environment(dict(environ))
    # What is set wins over the file, as with python-dotenv.
    return Environment(dict(environ), below=read_env_file(path))


def provider_rates(settings: Settings, options: RunOptions) -> Mapping[str, ProviderRates]:
    """What this process may ask of each provider."""
    return {name: provider.rates.divided(options.workers) for name, provider in settings.providers.items()}


def meaning_of_answer(url: str, response: ApiResponse) -> Meaning:
    """What a response says, apart from what every response has anew."""
    from prompt_contracts.dialects.answer_meaning import answer_meaning  # a replay has no use for it

    return answer_meaning(url, response)


def application_host(
    options: RunOptions,
    settings: Settings,
    secrecy: Secrecy,
    *,
    environ: Environment,
    references: References,
    on_news: Callable[[Wait | str], None] | None,
) -> ApplicationHost:
    """Where the applications of the run's cases are started."""
    return ApplicationHost(
        root=options.root,
        environ=environ,
        timeout=options.timeout,
        references=references,
        secrets=lambda: secrecy.secrets,
        handlers=HandlerPolicy(runs_in=options.handler_in, callables=settings.callables, keys=key_variables(settings)),
        egress=Egress(
            is_refused=options.mode == "none",
            allow_hosts=settings.allow_hosts,
            is_enclosing=settings.namespace,
            tell=on_news or (lambda _line: None),
        ),
    )
