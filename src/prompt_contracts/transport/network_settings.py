"""Which variable of the environment keeps an HTTP client from being made: the ones that httpx and OpenSSL read.

Never shows a value: the address of a proxy may hold a user and a password.
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path

from prompt_contracts.errors import UsageError

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def settings_problem(environ: Mapping[str, str]) -> UsageError | None:
    """What is wrong with the certificates and proxies that these variables name; None where nothing is."""
    found = next(_problems(environ), None)
    return None if found is None else UsageError(f"{found}; unset it, or correct it", code="PC303")


def unknown_problem(environ: Mapping[str, str], error: Exception) -> UsageError:
    """What to say where no client can be made although every setting looks right by itself."""
    exempt = _effective("no_proxy", environ)
    if exempt is not None:
        return UsageError(f"{exempt} holds what is neither a host nor a network; correct it", code="PC303")
    return UsageError(f"no HTTP client can be made here: {type(error).__name__}", code="PC303")


def proxy_routes(environ: Mapping[str, str]) -> dict[str, str | None]:
    """Which addresses go through which proxy, as patterns that httpx takes; None goes to none.

    As httpx reads its environment, but from these variables: those of the process may change while it runs.
    """
    environ = environ if any(_effective(name, environ) for name in _PROXIES) else _of_the_system(environ)
    exempt = [host.strip() for host in environ.get(_effective("no_proxy", environ) or "", "").split(",")]
    if "*" in exempt:
        return {}
    routes: dict[str, str | None] = {}
    for proxy in _PROXIES:
        address = environ.get(_effective(proxy, environ) or "")
        if address:
            routes[f"{proxy.removesuffix('_proxy')}://"] = address if "://" in address else f"http://{address}"
    return {**routes, **{_pattern(host): None for host in exempt if host}}


def _of_the_system(environ: Mapping[str, str]) -> Mapping[str, str]:
    """These variables, or what the settings of Windows or macOS say in their place."""
    if sys.platform == "win32" or sys.platform == "darwin":
        from urllib.request import getproxies

        return {f"{name}_proxy": value for name, value in getproxies().items()}
    return environ


def _pattern(host: str) -> str:
    if "://" in host:
        return host
    try:
        version = ip_address(host.partition("/")[0]).version
    except ValueError:
        # Whatever ends so, unless it is a name of this machine alone.
        return f"all://{host}" if host.lower() == "localhost" else f"all://*{host}"
    return f"all://{host}" if version == 4 else f"all://[{host}]"


def _problems(environ: Mapping[str, str]) -> Iterator[str]:
    yield from _certificate_problems(environ)
    # `ssl.create_default_context` opens it for writing, and its error names no variable.
    key_log = environ.get("SSLKEYLOGFILE")
    if key_log:
        try:
            with Path(key_log).open("a", encoding="ascii"):
                pass
        except (OSError, ValueError) as error:
            yield f"SSLKEYLOGFILE names a file that cannot be written: {_reason(error)}"
    exempt = environ.get(_effective("no_proxy", environ) or "", "")
    if "*" in [host.strip() for host in exempt.split(",")]:
        return  # then no proxy is asked, whatever is said of them
    for proxy in _PROXIES:
        name = _effective(proxy, environ)
        if name is not None and (problem := _proxy_problem(environ[name])) is not None:
            yield f"{name} {problem}"


def _certificate_problems(environ: Mapping[str, str]) -> Iterator[str]:
    # httpx looks at the folder only where no file is named.
    file, folder = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if file:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
        except ssl.SSLError:
            yield f"SSL_CERT_FILE names a file that holds no certificate: {file}"
        except (OSError, ValueError) as error:
            yield f"SSL_CERT_FILE names a file that cannot be read: {file}: {_reason(error)}"
    elif folder and not any(Path(each).is_dir() for each in folder.split(os.pathsep)):
        # OpenSSL would take it without a word and then trust nobody.
        yield f"SSL_CERT_DIR names what is no folder: {folder}"


def _proxy_problem(address: str) -> str | None:
    import httpx

    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
        if not proxy.url.host:
            return "is no address of a proxy: write http://host:port"
        # Nothing is sent: making it is what finds an unknown scheme. Loading certificates would cost 25 ms for each.
        httpx.HTTPTransport(proxy=proxy, verify=False).close()
    except ImportError:
        return "names a SOCKS proxy, which needs the package socksio: pip install 'httpx[socks]'"
    except Exception:  # noqa: BLE001 - whatever is wrong with an address, the words of it would show the address
        return "is no address of a proxy that can be asked: write http://host:port"
    return None


def _effective(name: str, environ: Mapping[str, str]) -> str | None:
    """The variable that counts, in whatever case it is written; the lower case goes first, as everywhere."""
    if name in environ:
        return name if environ[name] else None  # set to nothing, it takes away the other one too
    names = [each for each in environ if each.lower() == name and environ[each]]
    # CGI makes HTTP_PROXY of a request's header `Proxy`: urllib ignores it beside this variable (CVE-2016-1000110).
    names = [each for each in names if each != "HTTP_PROXY" or "REQUEST_METHOD" not in environ]
    return min(names, key=str.isupper, default=None)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "its name is none that a file can have"
