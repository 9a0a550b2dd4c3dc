import instructor
import openai
from pydantic import BaseModel

client = instructor.from_provider("openai/gpt-5-mini")


class Forecast(BaseModel):
    city: str
    rain: bool


class Answer(BaseModel):
    answer: str


def chat(turn):
    return client.create(response_model=Answer, messages=turn.messages).answer


def chat_with_own_client(turn):
    own = instructor.from_openai(openai.OpenAI())
    return own.chat.completions.create(model=turn.model, response_model=Answer, messages=turn.messages).answer


def chat_in_a_hurry(turn):
    own = instructor.from_openai(openai.OpenAI(timeout=1, max_retries=0))
    return own.chat.completions.create(model=turn.model, response_model=Answer, messages=turn.messages).answer


def structured(turn):
    return client.create(response_model=Forecast, messages=turn.messages).model_dump()


def streamed(turn):
    answer = ""
    for partial in client.create_partial(response_model=Answer, messages=turn.messages):
        answer = partial.answer or answer
    return answer
