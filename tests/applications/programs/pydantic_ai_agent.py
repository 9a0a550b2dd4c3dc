import openai
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

agent = Agent("openai:gpt-5-mini", instructions="You are a travel assistant.")


class Forecast(BaseModel):
    city: str
    rain: bool


def question(turn):
    return turn.messages[-1]["content"]


async def chat(turn):
    return (await agent.run(question(turn))).output


async def chat_with_own_client(turn):
    own = Agent(OpenAIChatModel(turn.model))
    return (await own.run(question(turn))).output


async def chat_in_a_hurry(turn):
    client = openai.AsyncOpenAI(timeout=1, max_retries=0)
    own = Agent(OpenAIChatModel(turn.model, provider=OpenAIProvider(openai_client=client)))
    return (await own.run(question(turn))).output


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


def tool_loop(turn):
    own = Agent("openai:gpt-5-mini", tools=[get_weather])
    return own.run_sync(question(turn)).output


async def structured(turn):
    own = Agent("openai:gpt-5-mini", output_type=Forecast)
    return (await own.run(question(turn))).output.model_dump()


async def streamed(turn):
    async with agent.run_stream(question(turn)) as result:
        return "".join([piece async for piece in result.stream_text(delta=True)])


async def streamed_tool_loop(turn):
    own = Agent("openai:gpt-5-mini", tools=[get_weather])
    async with own.run_stream(question(turn)) as result:
        return "".join([piece async for piece in result.stream_text(delta=True)])
