"""The environment of a project as a run that calls providers would see it, and where each variable comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.secret import Environment
from prompt_contracts.transport.environment import read_env_file


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEnvironment:
    """The process's variables, and below them those of the `.env` file."""

    environ: Environment
    own: Environment
    """Those of the process alone."""
    below: Environment
    """Those of the file alone."""
    file: Path
    problem: str | None = None
    """Why the file could not be read."""

    def told(self, name: str) -> str | None:
        """A variable that is set, with the name of the file where it comes from there; None where it is not set."""
        if self.own.get(name):
            return name
        return f"{name} ({self.file.name})" if name not in self.own and self.below.get(name) else None


def read_key_environment(root: Path, environ: Mapping[str, str]) -> KeyEnvironment:
    """What is set for a project; nothing is raised for a file that cannot be read."""
    given = environ.get("PROMPT_CONTRACTS_ENV_FILE")
    path = root / (given or ".env")
    below: Mapping[str, str] = {}
    problem: str | None = None
    if path.exists() or path.is_symlink() or given:
        if path.is_file():
            try:
                below = read_env_file(path)
            except UsageError as error:
                problem = str(error)
        else:
            problem = f"{path} is no file"
    return KeyEnvironment(
        environ=Environment(dict(environ), below=below),
        own=Environment(dict(environ)),
        below=Environment(below),
        file=path,
        problem=problem,
    )
