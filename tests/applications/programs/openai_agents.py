import os

import openai
from agents import Agent, OpenAIProvider, RunConfig, Runner, function_tool, set_default_openai_api
from pydantic import BaseModel

if os.environ.get("PROGRAM_API") == "chat":
    set_default_openai_api("chat_completions")


class Forecast(BaseModel):
    city: str
    rain: bool


@function_tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


def assistant(turn, **more):
    return Agent(name="assistant", instructions="You are a travel assistant.", model=turn.model, **more)


async def chat(turn):
    return (await Runner.run(assistant(turn), turn.messages)).final_output


async def chat_with_own_client(turn):
    provider = OpenAIProvider(openai_client=openai.AsyncOpenAI())
    config = RunConfig(model_provider=provider)
    return (await Runner.run(assistant(turn), turn.messages, run_config=config)).final_output


async def chat_in_a_hurry(turn):
    provider = OpenAIProvider(openai_client=openai.AsyncOpenAI(timeout=1, max_retries=0))
    config = RunConfig(model_provider=provider)
    return (await Runner.run(assistant(turn), turn.messages, run_config=config)).final_output


async def tool_loop(turn):
    return (await Runner.run(assistant(turn, tools=[get_weather]), turn.messages)).final_output


async def structured(turn):
    result = await Runner.run(assistant(turn, output_type=Forecast), turn.messages)
    return result.final_output.model_dump()


async def handoff(turn):
    forecaster = Agent(name="forecaster", instructions="You know the weather.", model=turn.model)
    return (await Runner.run(assistant(turn, handoffs=[forecaster]), turn.messages)).final_output


async def streamed(turn, **more):
    text = ""
    result = Runner.run_streamed(assistant(turn, **more), turn.messages)
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            text += event.data.delta
    return text


async def streamed_tool_loop(turn):
    return await streamed(turn, tools=[get_weather])
