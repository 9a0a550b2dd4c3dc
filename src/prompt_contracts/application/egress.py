"""What applications of a run may reach beside their stand-in, and what becomes of those that try. Watches nothing."""

from __future__ import annotations

from collections.abc import Callable

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """The ways out of a run."""

    is_refused: bool
    """Whether what leads elsewhere is refused, as in a replay, or only told."""
    allow_hosts: tuple[str, ...] = ()
    """`host` or `host:port` that may be reached nevertheless, such as a local database."""
    is_enclosing: bool = True
    """Whether processes are to be shut in where that can be done; False where the project does not want it."""
    tell: Callable[[str], None] = lambda _text: None
    """Says something to people while the run goes on."""

    @property
    def is_enclosed(self) -> bool:
        """Whether processes are to be shut in: whoever may reach another host cannot be."""
        return self.is_refused and self.is_enclosing and not self.allow_hosts

    def variables(self, base_url: str) -> dict[str, str]:
        """What leads programs that have another address to the stand-in at `base_url`; nothing while recording."""
        from prompt_contracts.application.addresses import proxies  # a bare model reaches nothing else

        return proxies(base_url, allow_hosts=self.allow_hosts) if self.is_refused else {}

    def problem(self, addresses: str) -> UsageError | None:
        """The error of a cell whose application tried these; None where it may, and people are told."""
        if not self.is_refused:
            self.tell(f"the application reached for {addresses}: a replay refuses that; see allow_hosts")
            return None
        return UsageError(
            f"the application reached for {addresses}, and a replay leads nowhere but to the stand-in: let its client "
            "take OPENAI_BASE_URL, or the base_url that a handler is called with; what it may reach besides, such as a "
            "local database, is named under allow_hosts in [tool.prompt_contracts]"
        )


UNKNOWN_ADDRESS = "an address that is not known (past the proxies: its own network has no way there)"
"""What stands for it where the kernel alone saw the attempt."""
UNWATCHED = Egress(is_refused=False)
