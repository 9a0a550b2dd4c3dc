import json

from smolagents import ChatMessage, MessageRole, OpenAIModel, ToolCallingAgent, tool

model = OpenAIModel(model_id="gpt-5-mini", retry=False)


@tool
def get_weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: its name
    """
    return f"rain in {city}"


def question(turn):
    return [ChatMessage(role=MessageRole.USER, content=turn.messages[-1]["content"])]


def chat(turn):
    return model.generate(question(turn)).content


def chat_with_own_client(turn):
    return OpenAIModel(model_id=turn.model, retry=False).generate(question(turn)).content


def chat_in_a_hurry(turn):
    own = OpenAIModel(model_id=turn.model, retry=False, client_kwargs={"timeout": 1, "max_retries": 0})
    return own.generate(question(turn)).content


def tool_loop(turn):
    agent = ToolCallingAgent(tools=[get_weather], model=model, max_steps=4, verbosity_level=0)
    return agent.run(turn.messages[-1]["content"])


def structured(turn):
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "rain": {"type": "boolean"}},
        "required": ["city", "rain"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "forecast", "schema": schema, "strict": True}}
    return json.loads(model.generate(question(turn), response_format=form).content)


def streamed(turn):
    return "".join(piece.content or "" for piece in model.generate_stream(question(turn)))


def streamed_tool_loop(turn):
    agent = ToolCallingAgent(tools=[get_weather], model=model, max_steps=4, verbosity_level=0, stream_outputs=True)
    return agent.run(turn.messages[-1]["content"])
