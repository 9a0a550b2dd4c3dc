"""Whether something that happens by chance still happens: asked again only until the answers settle it."""

from __future__ import annotations

import math

_CERTAIN = 0.98
"""A rate of 1 would let one contrary answer outweigh everything."""


class SequentialTest:
    """Wald's test of one rate against a lower one, answer by answer.

    A. Wald, "Sequential Tests of Statistical Hypotheses", 1945.
    """

    def __init__(self, rate: float, *, other: float = 0.1, error: float = 0.003, most: int = 25) -> None:
        """`rate` where it still happens, above `other`, the rate where it does not.

        `error` is the chance of either mistake, `most` the answers after which the likelier
        one of the two is taken.
        """
        if not 0 < other < rate <= 1:
            raise ValueError("the rate lies above the other one")
        rate = min(rate, _CERTAIN)
        self._yes, self._no = math.log(rate / other), math.log((1 - rate) / (1 - other))
        self._bound = math.log((1 - error) / error)
        self._left = most
        self._sum = 0.0

    @property
    def is_settled(self) -> bool:
        """Whether the answers so far settle it with the error that was asked for."""
        return abs(self._sum) >= self._bound

    @property
    def least(self) -> int:
        """How many more answers it takes, whatever they are: so many may be asked for at once, and none in vain."""
        return min(self._steps(self._yes), self._steps(self._no))

    def _steps(self, step: float) -> int:
        steps, total = 0, self._sum
        while steps < self._left and abs(total) < self._bound:
            steps, total = steps + 1, total + step
        return steps

    def note(self, *, happened: bool) -> bool | None:
        """Take one more answer; whether it still happens, once that is settled."""
        self._left -= 1
        self._sum += self._yes if happened else self._no
        if self.is_settled:
            return self._sum > 0
        return self._sum > 0 if self._left <= 0 else None
