import json

import litellm
from pydantic import BaseModel

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}


class Forecast(BaseModel):
    city: str
    rain: bool


def chat(turn, **more):
    answer = litellm.completion(model=f"openai/{turn.model}", messages=turn.messages, **more)
    return answer.choices[0].message.content


async def chat_with_own_client(turn):
    answer = await litellm.acompletion(model=f"openai/{turn.model}", messages=turn.messages)
    return answer.choices[0].message.content


def chat_in_a_hurry(turn):
    return chat(turn, timeout=1, max_retries=0)


def tool_loop(turn):
    messages = list(turn.messages)
    for _ in range(5):
        answer = litellm.completion(model=f"openai/{turn.model}", messages=messages, tools=[WEATHER])
        message = answer.choices[0].message
        if not message.tool_calls:
            return message.content
        messages.append(message)
        for call in message.tool_calls:
            city = json.loads(call.function.arguments)["city"]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"rain in {city}"})
    raise RuntimeError("the model calls tools for ever")


def structured(turn):
    return Forecast.model_validate_json(chat(turn, response_format=Forecast)).model_dump()


def streamed(turn):
    chunks = litellm.completion(model=f"openai/{turn.model}", messages=turn.messages, stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
