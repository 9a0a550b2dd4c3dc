"""Every name under which a known SDK looks for its provider: a table of variables, and what they hold in a trial.

What is missing here asks the real provider. Names were read in the packages' own source, not in their documentation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import urlsplit

from prompt_contracts.data_class import dataclass

PLACEHOLDER_KEY = "prompt-contracts-placeholder"
ADDRESS_MARK = "OPENAI_BASE_URL"
"""The one name whose value no other trial has."""

AddressForm = Literal["/v1", "root", "/openai/v1", "/openai/deployments", "key", "version", "api type", "none", "model"]

_LOOPBACK = ("127.0.0.1", "localhost")
_API_VERSION = "2024-10-21"
"""Azure's SDKs refuse to start without one; it goes no further than our own server."""


@dataclass(frozen=True, slots=True)
class AddressName:
    """A variable of the environment that leads to a provider."""

    variable: str
    form: AddressForm
    """What it holds. Of an address the part behind the root: `/v1`, nothing (`root`), or one of Azure's and Groq's
    own. `version` and `api type` are given only where the caller has none; `none` empties a variable."""
    readers: str
    """The packages that read it, each with the version that was looked at."""


ADDRESS_NAMES: tuple[AddressName, ...] = (
    AddressName(
        ADDRESS_MARK,
        "/v1",
        "openai 3.52.0; openai (npm) 6.49.0, AzureOpenAI too; @ai-sdk/openai 3.0.141; most frameworks",
    ),
    AddressName(
        "OPENAI_API_BASE",
        "/v1",
        "langchain-openai 1.7.4; @langchain/openai 1.5.8; litellm 1.109.1; llama-index-llms-openai 0.8.3; "
        "crewai 1.15.30",
    ),
    AddressName("OPENAI_API_HOST", "root", "older chat front ends; none of the packages here"),
    AddressName("OPENAI_API_KEY", "key", "all of the above"),
    AddressName(
        "OPENAI_API_TYPE",
        "api type",
        "openai 3.52.0: its module-level client refuses to choose when it finds Azure's key too",
    ),
    AddressName("OPENAI_PROXY", "none", "langchain-openai 1.7.4"),
    AddressName(
        "AZURE_OPENAI_ENDPOINT",
        "root",
        "openai 3.52.0; openai (npm) 6.49.0; langchain-openai 1.7.4; @langchain/openai 1.5.8; haystack-ai 3.4.1; "
        "pydantic-ai 2.68.0; instructor 1.17.0; llama-index-llms-azure-openai 0.6.1",
    ),
    AddressName("AZURE_OPENAI_BASE_PATH", "/openai/deployments", "@langchain/openai 1.5.8"),
    AddressName("AZURE_OPENAI_API_KEY", "key", "the same, and litellm 1.109.1"),
    AddressName(
        "OPENAI_API_VERSION",
        "version",
        "openai 3.52.0; openai (npm) 6.49.0; langchain-openai 1.7.4; pydantic-ai 2.68.0",
    ),
    AddressName("AZURE_OPENAI_API_VERSION", "version", "@langchain/openai 1.5.8"),
    AddressName("AZURE_API_BASE", "root", "litellm 1.109.1, and dspy 3.4.1 through it"),
    AddressName("AZURE_API_KEY", "key", "litellm 1.109.1; @ai-sdk/azure 3.0.128"),
    AddressName("AZURE_API_VERSION", "version", "litellm 1.109.1"),
    AddressName("GROQ_BASE_URL", "root", "groq 1.7.0; groq-sdk 1.6.0; pydantic-ai 2.68.0"),
    AddressName("GROQ_API_BASE", "/openai/v1", "litellm 1.109.1; langchain-groq 1.1.3"),
    AddressName("GROQ_API_KEY", "key", "the same, and @ai-sdk/groq 3.0.71"),
    AddressName("GROQ_PROXY", "none", "langchain-groq 1.1.3"),
    AddressName("MISTRAL_BASE_URL", "/v1", "langchain-mistralai 1.1.6"),
    AddressName("MISTRAL_ENDPOINT", "root", "llama-index-llms-mistralai 0.11.0"),
    AddressName("MISTRAL_API_BASE", "/v1", "litellm 1.109.1"),
    AddressName("MISTRAL_AZURE_API_BASE", "/v1", "litellm 1.109.1, for Mistral everywhere"),
    AddressName("MISTRAL_AZURE_API_KEY", "key", "litellm 1.109.1"),
    AddressName(
        "MISTRAL_API_KEY", "key", "the same, mistralai 3.7.0, @mistralai/mistralai 2.7.0, @ai-sdk/mistral 3.0.69"
    ),
    AddressName(
        "TOGETHER_BASE_URL", "/v1", "together 3.1.1, which adds a /v1; together-ai (npm) 0.52.0, which does not"
    ),
    AddressName("TOGETHER_AI_API_BASE", "/v1", "litellm 1.109.1"),
    AddressName(
        "TOGETHER_API_KEY",
        "key",
        "together 3.1.1; together-ai (npm) 0.52.0; litellm 1.109.1; @ai-sdk/togetherai 2.0.84",
    ),
    AddressName("TOGETHERAI_API_KEY", "key", "litellm 1.109.1"),
    AddressName("TOGETHER_AI_API_KEY", "key", "litellm 1.109.1"),
    AddressName("TOGETHER_AI_TOKEN", "key", "litellm 1.109.1"),
    AddressName("OPENROUTER_BASE_URL", "/v1", "@openrouter/sdk 1.3.19"),
    AddressName(
        "OPENROUTER_API_BASE",
        "/v1",
        "litellm 1.109.1; langchain-openrouter 0.2.9; llama-index-llms-openrouter 0.6.0; mem0ai 2.2.1",
    ),
    AddressName("OPENROUTER_API_KEY", "key", "the same, openrouter 1.3.84, @openrouter/ai-sdk-provider 2.10.0"),
    AddressName("OR_API_KEY", "key", "litellm 1.109.1"),
    AddressName("OLLAMA_HOST", "root", "ollama 0.6.3, whose own API is refused with words"),
    AddressName(
        "OLLAMA_BASE_URL", "/v1", "pydantic-ai 2.68.0; @langchain/ollama 1.3.0, whose own API is refused with words"
    ),
    AddressName("OLLAMA_API_BASE", "root", "litellm 1.109.1"),
    AddressName("OLLAMA_API_KEY", "key", "ollama 0.6.3; ollama (npm) 0.6.4; pydantic-ai 2.68.0; litellm 1.109.1"),
    AddressName("VLLM_BASE_URL", "/v1", "pydantic-ai 2.68.0"),
    AddressName("VLLM_API_KEY", "key", "pydantic-ai 2.68.0; litellm 1.109.1"),
    AddressName("HOSTED_VLLM_API_BASE", "/v1", "litellm 1.109.1"),
    AddressName("HOSTED_VLLM_API_KEY", "key", "litellm 1.109.1"),
    AddressName("LM_STUDIO_API_BASE", "/v1", "litellm 1.109.1"),
    AddressName("LM_STUDIO_API_KEY", "key", "litellm 1.109.1"),
    AddressName("OPENAI_LIKE_API_BASE", "/v1", "litellm 1.109.1"),
    AddressName("OPENAI_LIKE_API_KEY", "key", "litellm 1.109.1"),
    AddressName("LITELLM_PROXY_API_BASE", "/v1", "litellm 1.109.1"),
    AddressName("LITELLM_PROXY_API_KEY", "key", "litellm 1.109.1"),
    AddressName("PROMPT_CONTRACTS_MODEL", "model", "applications that take their model from the case"),
)


@dataclass(frozen=True, slots=True)
class TelemetrySwitch:
    """A variable that keeps a package from telling others what it does."""

    variable: str
    value: str
    readers: str


TELEMETRY_SWITCHES: tuple[TelemetrySwitch, ...] = (
    TelemetrySwitch("DO_NOT_TRACK", "1", "scarf-sdk 0.2.1; huggingface_hub 2.4.0; others by convention"),
    TelemetrySwitch("SCARF_NO_ANALYTICS", "true", "scarf-sdk 0.2.1"),
    TelemetrySwitch("OTEL_SDK_DISABLED", "true", "every exporter of OpenTelemetry; crewai 1.15.30; langfuse 5.0.4"),
    TelemetrySwitch("OPENAI_AGENTS_DISABLE_TRACING", "1", "openai-agents 0.24.0; @openai/agents-core 0.20.0"),
    TelemetrySwitch("LANGSMITH_TRACING", "false", "langsmith 0.15.0; langsmith (npm) 0.12.0"),
    TelemetrySwitch("LANGSMITH_TRACING_V2", "false", "langsmith 0.15.0; langsmith (npm) 0.12.0"),
    TelemetrySwitch("LANGCHAIN_TRACING_V2", "false", "langsmith 0.15.0"),
    TelemetrySwitch("LANGFUSE_TRACING_ENABLED", "false", "langfuse 5.0.4"),
    TelemetrySwitch("TRACELOOP_TRACING_ENABLED", "false", "traceloop-sdk 0.62.4"),
    TelemetrySwitch("HAYSTACK_TELEMETRY_ENABLED", "False", "haystack-ai 3.4.1"),
    TelemetrySwitch("ANONYMIZED_TELEMETRY", "False", "browser-use 0.13.14; chromadb 1.5.9"),
    TelemetrySwitch("LITELLM_LOCAL_MODEL_COST_MAP", "True", "litellm 1.109.1; dspy 3.4.1"),
    TelemetrySwitch("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True", "litellm 1.109.1"),
    TelemetrySwitch("LITELLM_LOCAL_BLOG_POSTS", "True", "litellm 1.109.1"),
    TelemetrySwitch("MISTRAL_SDK_TELEMETRY", "false", "mistralai 3.7.0; @mistralai/mistralai 2.7.0"),
    TelemetrySwitch("TOGETHER_TELEMETRY_DISABLED", "1", "together 3.1.1"),
    TelemetrySwitch("AGNO_TELEMETRY", "false", "agno 3.1.10"),
    TelemetrySwitch("AUTOGEN_DISABLE_RUNTIME_TRACING", "true", "autogen-core 0.7.5"),
    TelemetrySwitch("CREWAI_DISABLE_TELEMETRY", "true", "crewai-core 1.15.30"),
    TelemetrySwitch("CREWAI_DISABLE_VERSION_CHECK", "true", "crewai 1.15.30"),
    TelemetrySwitch("CREWAI_TRACING_ENABLED", "false", "crewai 1.15.30"),
    TelemetrySwitch("DEEPEVAL_TELEMETRY_OPT_OUT", "1", "deepeval 4.3.1"),
    TelemetrySwitch("GRADIO_ANALYTICS_ENABLED", "False", "gradio 6.31.0"),
    TelemetrySwitch("HF_HUB_DISABLE_TELEMETRY", "1", "huggingface_hub 2.4.0; gradio 6.31.0"),
    TelemetrySwitch("MEM0_TELEMETRY", "False", "mem0ai 2.2.1"),
    TelemetrySwitch("RAGAS_DO_NOT_TRACK", "true", "ragas 0.4.3"),
    TelemetrySwitch("NEXT_TELEMETRY_DISABLED", "1", "next 16.4.6"),
)


def leading_variables(base_url: str, model: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What leads an application to `base_url`, which ends in `/v1`, whatever it was made with.

    `environ` is the caller's; a proxy that it names must not stand in between.
    """
    root = base_url.removesuffix("/v1")
    changes = {name.variable: _value(name, root, model, environ) for name in ADDRESS_NAMES}
    changes |= {switch.variable: switch.value for switch in TELEMETRY_SWITCHES}
    return changes | _no_proxy(environ)


def model_variables(model: str) -> dict[str, str]:
    """Those of them that change from cell to cell, where the address stays."""
    return {name.variable: model for name in ADDRESS_NAMES if name.form == "model"}


def proxies(base_url: str, *, allow_hosts: Sequence[str] = ()) -> dict[str, str]:
    """What leads every request with another address to our server, which refuses it and remembers whose it was.

    `base_url` is the one of `leading_variables`, over which these are set; `allow_hosts` are `host` or `host:port` that
    need no proxy. What the caller lets pass by a proxy passes by no longer.
    """
    parts = urlsplit(base_url)
    token = parts.path.strip("/").partition("/")[0]
    address = f"http://{f'{token}:outside@' if token else ''}{parts.netloc}"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    direct = ",".join([*_LOOPBACK, *allow_hosts])
    return {
        **{spelt: address for name in names for spelt in (name, name.lower())},
        "NODE_USE_ENV_PROXY": "1",
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def _value(name: AddressName, root: str, model: str, environ: Mapping[str, str]) -> str:
    match name.form:
        case "key":
            return PLACEHOLDER_KEY
        case "version":
            return environ.get(name.variable) or _API_VERSION
        case "api type":
            return environ.get(name.variable) or "openai"
        case "none":
            return ""
        case "model":
            return model
        case "root":
            return root
        case _:
            return root + name.form


def _no_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    changes = {}
    for name in ("NO_PROXY", "no_proxy"):
        others = [host for host in environ.get(name, "").split(",") if host.strip() and host.strip() not in _LOOPBACK]
        changes[name] = ",".join([*others, *_LOOPBACK])
    return changes
