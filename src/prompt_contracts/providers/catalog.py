"""The built-in providers, as data. Behaviour that differs belongs elsewhere; here are only facts.

Each row says where its facts come from; a fact from documentation or memory was never tried against the
live provider by this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from prompt_contracts.data_class import dataclass
from prompt_contracts.target import Auth


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """What is known of one provider."""

    name: str
    base_url: str | None
    """Chat completions are at `/chat/completions` below it; None: only `base_url_env` can tell."""
    base_url_env: tuple[str, ...] = ()
    """Variables that give another address, the first that is set wins."""
    base_path: str = "/v1"
    """Added to an address that is given without a path."""
    port: int | None = None
    """The port that its server listens on where an address names none."""
    api_key_env: str | None = None
    key_required: bool = True
    auth: Auth = "bearer"
    token_env: str | None = None
    """Variable with a bearer token, which serves where `api_key_env` is not set."""
    header_env: Mapping[str, str] = field(default_factory=dict)
    """Header -> variable of the environment that holds its value."""
    self_hosted: bool = False
    price_provider: str | None = None
    """The provider's name in the price table; None: not in it."""
    source: str
    """Where the facts come from."""
    checked: str = "2026-11"
    """Year and month in which the source was read."""


_ROWS = (
    Provider(
        name="openai",
        base_url="https://api.openai.com/v1",
        base_url_env=("OPENAI_BASE_URL",),
        api_key_env="OPENAI_API_KEY",
        header_env=MappingProxyType({"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}),
        price_provider="openai",
        source="OpenAPI document 2.3.0; openai-python 3.52",
    ),
    Provider(
        # Each resource has a host of its own. The v1 API is opt-in since August 2025 and needs no `api-version`.
        name="azure",
        base_url=None,
        base_url_env=("AZURE_OPENAI_ENDPOINT",),
        base_path="/openai/v1",
        api_key_env="AZURE_OPENAI_API_KEY",
        auth="api-key",
        # A token of Entra travels as a bearer token, a key in a header of Azure's own.
        token_env="AZURE_OPENAI_AD_TOKEN",  # noqa: S106 - the name of a variable
        price_provider="azure",
        source="Azure documentation (v1 API); openai-python 3.52 lib/azure",
    ),
    Provider(
        name="ollama",
        base_url="http://localhost:11434/v1",
        # The first is a custom of client libraries, the second Ollama's own.
        base_url_env=("OLLAMA_BASE_URL", "OLLAMA_HOST"),
        port=11434,
        # For the hosted ollama.com; a local server takes any key, and none.
        api_key_env="OLLAMA_API_KEY",
        key_required=False,
        self_hosted=True,
        source="Ollama server source and documentation",
    ),
    Provider(
        name="vllm",
        base_url="http://localhost:8000/v1",
        # Only a server that was started with `--api-key` looks at it.
        api_key_env="VLLM_API_KEY",
        key_required=False,
        self_hosted=True,
        source="vLLM server source; the port from memory",
    ),
    Provider(
        name="localai",
        base_url="http://localhost:8080/v1",
        api_key_env="LOCALAI_API_KEY",
        key_required=False,
        self_hosted=True,
        source="LocalAI documentation",
    ),
    Provider(
        name="lmstudio",
        base_url="http://localhost:1234/v1",
        # Tokens exist since 0.4.0; litellm calls the variable LM_STUDIO_API_KEY.
        api_key_env="LM_API_TOKEN",
        key_required=False,
        self_hosted=True,
        source="LM Studio documentation",
    ),
    Provider(
        name="together",
        # Many clients still have the older host, api.together.xyz.
        base_url="https://api.together.ai/v1",
        api_key_env="TOGETHER_API_KEY",
        price_provider="together",
        source="Together SDK 3.1.1 and its OpenAPI document",
    ),
    Provider(
        name="groq",
        base_url="https://api.groq.com/openai/v1",
        api_key_env="GROQ_API_KEY",
        price_provider="groq",
        source="Groq SDK 1.7.0",
    ),
    Provider(
        name="mistral",
        base_url="https://api.mistral.ai/v1",
        api_key_env="MISTRAL_API_KEY",
        price_provider="mistral",
        source="Mistral SDK 3.7.0",
    ),
    Provider(
        name="openrouter",
        base_url="https://openrouter.ai/api/v1",
        api_key_env="OPENROUTER_API_KEY",
        price_provider="openrouter",
        source="OpenRouter SDK 1.3.84",
    ),
)

CATALOG: Mapping[str, Provider] = MappingProxyType({row.name: row for row in _ROWS})
"""Every built-in provider by name."""

SECRET_VARIABLES: tuple[str, ...] = tuple(
    name for row in _ROWS for name in (row.api_key_env, row.token_env) if name is not None
)
"""Every variable of the environment that may hold a key or token of a built-in provider."""
