import dspy

dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
dspy.configure(lm=dspy.LM("openai/gpt-5-mini", temperature=1.0, max_tokens=16000))


class Weather(dspy.Signature):
    """Tell the weather."""

    question: str = dspy.InputField()
    city: str = dspy.OutputField()
    rain: bool = dspy.OutputField()


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


def question(turn):
    return turn.messages[-1]["content"]


def chat(turn):
    return dspy.Predict("question -> answer")(question=question(turn)).answer


def chat_with_own_client(turn):
    with dspy.context(lm=dspy.LM(f"openai/{turn.model}", temperature=1.0, max_tokens=16000)):
        return chat(turn)


def chat_in_a_hurry(turn):
    with dspy.context(lm=dspy.LM(f"openai/{turn.model}", temperature=1.0, max_tokens=16000, timeout=1, num_retries=0)):
        return chat(turn)


def tool_loop(turn):
    return dspy.ReAct("question -> answer", tools=[get_weather])(question=question(turn)).answer


def structured(turn):
    found = dspy.Predict(Weather)(question=question(turn))
    return {"city": found.city, "rain": found.rain}


async def streamed(turn):
    program = dspy.streamify(
        dspy.Predict("question -> answer"), stream_listeners=[dspy.streaming.StreamListener("answer")]
    )
    text = ""
    async for piece in program(question=question(turn)):
        if isinstance(piece, dspy.streaming.StreamResponse):
            text += piece.chunk
    return text
