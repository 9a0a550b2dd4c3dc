"""What a request about a run of an assistant did cost: a run tells its tokens once, when it has ended."""

from __future__ import annotations

from prompt_contracts.completion import Choice, Completion
from prompt_contracts.conversation.driver import FREE, answer_cost, attempt_cost
from prompt_contracts.dialects.assistants_run import GOING_ON, WAITING, read_object, run_of
from prompt_contracts.dialects.assistants_stream import WrittenMessages, read_run_stream
from prompt_contracts.interaction import Interaction
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target
from prompt_contracts.usage import Cost


def run_cost(interaction: Interaction, target: Target, *, source: str) -> Cost | None:
    """The cost of a request below `/threads/`; None is unknown. `source` names who declares prices."""
    response = interaction.response
    if response is None or response.status >= 300:
        return attempt_cost(interaction)
    if response.is_event_stream:
        run = read_run_stream(response, WrittenMessages())
    else:
        body = read_object(response)
        if not isinstance(body, ProviderError) and body.get("object") != "thread.run":
            return FREE
        run = body if isinstance(body, ProviderError) else run_of(body, response)
    if isinstance(run, ProviderError):
        return None
    if run.status in (*GOING_ON, WAITING):
        return FREE
    answer = Completion(choices=(Choice(),), usage=run.usage, model=run.model, id=run.id)
    return answer_cost(answer, interaction, target, source)
