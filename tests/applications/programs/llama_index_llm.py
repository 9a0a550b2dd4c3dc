from llama_index.core.agent.workflow import AgentStream, FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai import OpenAI
from pydantic import BaseModel

llm = OpenAI(model="gpt-4o-mini")


class Forecast(BaseModel):
    city: str
    rain: bool


def question(turn):
    return [ChatMessage(role=each["role"], content=each["content"]) for each in turn.messages]


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


def chat(turn):
    return llm.chat(question(turn)).message.content


def chat_with_own_client(turn):
    return OpenAI(model=turn.model).chat(question(turn)).message.content


def chat_in_a_hurry(turn):
    own = OpenAI(model=turn.model, timeout=1, max_retries=0)
    return own.chat(question(turn)).message.content


async def tool_loop(turn):
    agent = FunctionAgent(tools=[get_weather], llm=llm, streaming=False)
    return str(await agent.run(turn.messages[-1]["content"]))


def structured(turn):
    return llm.as_structured_llm(Forecast).chat(question(turn)).raw.model_dump()


def streamed(turn):
    return "".join(piece.delta or "" for piece in llm.stream_chat(question(turn)))


async def streamed_tool_loop(turn):
    agent = FunctionAgent(tools=[get_weather], llm=llm)
    handler = agent.run(turn.messages[-1]["content"])
    text = ""
    async for event in handler.stream_events():
        if isinstance(event, AgentStream):
            text += event.delta
    await handler
    return text
