import json

import openai
from pydantic import BaseModel

client = openai.OpenAI()
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}


class Forecast(BaseModel):
    city: str
    rain: bool


def chat(turn, client=client):
    completion = client.chat.completions.create(model=turn.model, messages=turn.messages)
    return completion.choices[0].message.content


def chat_with_own_client(turn):
    return chat(turn, openai.OpenAI())


def chat_in_a_hurry(turn):
    return chat(turn, client.with_options(timeout=1, max_retries=0))


def tool_loop(turn):
    messages = list(turn.messages)
    for _ in range(5):
        completion = client.chat.completions.create(model=turn.model, messages=messages, tools=[WEATHER])
        message = completion.choices[0].message
        if not message.tool_calls:
            return message.content
        messages.append(message)
        for call in message.tool_calls:
            city = json.loads(call.function.arguments)["city"]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"rain in {city}"})
    raise RuntimeError("the model calls tools for ever")


def structured(turn):
    completion = client.chat.completions.parse(model=turn.model, messages=turn.messages, response_format=Forecast)
    return completion.choices[0].message.parsed.model_dump()


def streamed(turn):
    text = ""
    with client.chat.completions.create(model=turn.model, messages=turn.messages, stream=True) as stream:
        for chunk in stream:
            text += chunk.choices[0].delta.content or ""
    return text
