from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

model = ChatOpenAI(model="gpt-5-mini")


class Forecast(BaseModel):
    city: str
    rain: bool


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


def chat(turn):
    return model.invoke(turn.messages).content


def chat_with_own_client(turn):
    return ChatOpenAI(model=turn.model).invoke(turn.messages).content


def chat_in_a_hurry(turn):
    return ChatOpenAI(model=turn.model, timeout=1, max_retries=0).invoke(turn.messages).content


def tool_loop(turn):
    agent = create_agent(model, tools=[get_weather])
    return agent.invoke({"messages": turn.messages})["messages"][-1].content


def structured(turn):
    return model.with_structured_output(Forecast).invoke(turn.messages).model_dump()


def streamed(turn):
    return "".join(chunk.content for chunk in model.stream(turn.messages))


def streamed_tool_loop(turn):
    agent = create_agent(model, tools=[get_weather])
    text = ""
    for chunk, _ in agent.stream({"messages": turn.messages}, stream_mode="messages"):
        if chunk.type == "AIMessageChunk":
            text += chunk.content
    return text
