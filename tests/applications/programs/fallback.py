"""The application's functions with an `except` around them."""

import functools
import inspect

import program

SORRY = "Sorry, not now."


def or_sorry(function):
    @functools.wraps(function)
    def answer(turn):
        try:
            return function(turn)
        except Exception as error:
            print(f"{type(error).__module__}.{type(error).__name__}: {error}")
            return SORRY

    @functools.wraps(function)
    async def answer_later(turn):
        try:
            return await function(turn)
        except Exception as error:
            print(f"{type(error).__module__}.{type(error).__name__}: {error}")
            return SORRY

    return answer_later if inspect.iscoroutinefunction(function) else answer


chat = or_sorry(program.chat)
chat_in_a_hurry = or_sorry(program.chat_in_a_hurry)
streamed = or_sorry(program.streamed)
