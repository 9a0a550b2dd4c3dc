"""What an answer cost is told as the price of today gives it, digit for digit, whatever its recording says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions

CASE = """version: 1
models: [house:m]
cases:
  - {name: greets, messages: [{role: user, content: Hi}], expect: {text: {$contains: there}}}
"""
SETTINGS = """[tool.prompt_contracts.providers.house]
base_url = "http://127.0.0.1:9/v1"
[tool.prompt_contracts.prices."house:m"]
input = 1.0
output = 2.0
"""
RECORDING = """interactions:
- request:
    method: POST
    uri: http://127.0.0.1:9/v1/chat/completions
    headers: {{}}
    body: '{{"model": "m", "messages": [{{"role": "user", "content": "Hi"}}]}}'
  response:
    status:
      code: 200
      message: OK
    headers:
      content-type:
      - application/json
    body:
      string: '{{"choices": [{{"message": {{"content": "Hi there"}}, "finish_reason": "stop"}}],
        "usage": {{"prompt_tokens": 120, "completion_tokens": 20}}}}'
    prompt_contracts:
      at: '2026-11-22T11:00:46Z'
      latency: 0.5
      attempts: 1
      trial: 1
      cost:
        usd: '{usd}'
        source: {source}
        as_of: {as_of}
version: 1
"""


@pytest.mark.parametrize("usd", ["0.00016", "0.000160", "0.0001600", "16E-5", "0", "0.2"])
@pytest.mark.parametrize("source", ["pyproject.toml", "provider"])
@pytest.mark.parametrize("as_of", ["null", "'2026-11-01'"])
def test_a_cost_is_told_as_the_price_gives_it(tmp_path: Path, usd: str, source: str, as_of: str) -> None:
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    (tmp_path / "a.yaml").write_text(CASE)
    recording = tmp_path / "cassettes/a/greets/house/m.yaml"
    recording.parent.mkdir(parents=True)
    recording.write_text(RECORDING.format(usd=usd, source=source, as_of=as_of))
    run = Run(RunOptions(root=tmp_path, cassettes=tmp_path / "cassettes"), environ={})
    loaded = run.load(tmp_path / "a.yaml", is_named=True)
    assert loaded is not None

    exchange = run.exchange(loaded.cells[0])

    assert exchange.error is None
    (told,) = exchange.outcomes[0].interactions
    cost = told.recorded.cost
    assert cost is not None
    assert (str(cost.usd), cost.source, cost.as_of) == ("0.00016", "pyproject.toml", None)
    assert told.earlier == ()
    assert (told.recorded.latency, told.recorded.attempts, told.recorded.trial) == (0.5, 1, 1)
    assert exchange.outcomes[0].cost == Decimal("0.00016")
