import json

from haystack import Pipeline
from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import tool
from pydantic import BaseModel

pipeline = Pipeline()
pipeline.add_component("llm", OpenAIChatGenerator(model="gpt-5-mini"))


class Forecast(BaseModel):
    city: str
    rain: bool


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


def question(turn):
    return [ChatMessage.from_user(turn.messages[-1]["content"])]


def chat(turn):
    return pipeline.run({"llm": {"messages": question(turn)}})["llm"]["replies"][0].text


def chat_with_own_client(turn):
    return OpenAIChatGenerator(model=turn.model).run(question(turn))["replies"][0].text


def chat_in_a_hurry(turn):
    generator = OpenAIChatGenerator(model=turn.model, timeout=1, max_retries=0)
    return generator.run(question(turn))["replies"][0].text


def tool_loop(turn):
    agent = Agent(chat_generator=OpenAIChatGenerator(model=turn.model), tools=[get_weather])
    return agent.run(messages=question(turn))["messages"][-1].text


def structured(turn):
    generator = OpenAIChatGenerator(model=turn.model, generation_kwargs={"response_format": Forecast})
    return json.loads(generator.run(question(turn))["replies"][0].text)


def streamed(turn):
    pieces = []
    generator = OpenAIChatGenerator(model=turn.model, streaming_callback=lambda chunk: pieces.append(chunk.content))
    generator.run(question(turn))
    return "".join(pieces)


def streamed_tool_loop(turn):
    pieces = []
    agent = Agent(
        chat_generator=OpenAIChatGenerator(model=turn.model),
        tools=[get_weather],
        streaming_callback=lambda chunk: pieces.append(chunk.content or ""),
    )
    agent.run(messages=question(turn))
    return "".join(pieces)
