"""An answer is read by who counts its cost and by who goes on with it: worked out once, and never mixed up."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.interaction import ApiResponse


def answer(text: str) -> ApiResponse:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return ApiResponse(status=200, body=json.dumps({"choices": [choice]}).encode())


def text_of(response: ApiResponse) -> str:
    read = read_chat(response)
    assert isinstance(read, Completion)
    return read.choices[0].text


def test_an_answer_that_is_read_twice_says_the_same() -> None:
    response = answer("one")

    first, second, third = read_chat(response), read_chat(response), read_chat(response)

    assert first is second
    assert second == third


def test_answers_that_are_read_in_turn_are_not_mixed_up() -> None:
    one, other = answer("one"), answer("other")

    assert [text_of(each) for each in (one, other, one, one, other, answer("one"), other)] == [
        *("one", "other", "one", "one", "other", "one", "other")
    ]


def test_an_answer_that_cannot_be_read_is_told_twice() -> None:
    response = ApiResponse(status=200, body=b"no JSON")

    assert read_chat(response) == read_chat(response)


def test_threads_read_each_their_own() -> None:
    responses = [answer(str(number)) for number in range(64)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda response: (text_of(response), text_of(response)), responses))

    assert found == [(str(number), str(number)) for number in range(64)]
