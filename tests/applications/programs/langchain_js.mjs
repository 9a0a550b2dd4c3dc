import { ChatOpenAI } from '@langchain/openai';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';
import { serve } from './conversation.mjs';

const llm = new ChatOpenAI({ model: 'gpt-5-mini', maxRetries: 2 });
const Forecast = z.object({ city: z.string(), rain: z.boolean() });
const getWeather = tool(({ city }) => `rain in ${city}`, {
  name: 'get_weather',
  description: 'The weather of a city.',
  schema: z.object({ city: z.string() }),
});

async function ask(own, { messages }) {
  return (await own.invoke(messages)).content;
}

async function tool_loop({ messages }) {
  const agent = createAgent({ model: llm, tools: [getWeather] });
  return (await agent.invoke({ messages })).messages.at(-1).content;
}

async function streamed({ messages }) {
  let text = '';
  for await (const chunk of await llm.stream(messages)) text += chunk.content;
  return text;
}

await serve({
  chat: (turn) => ask(llm, turn),
  chat_with_own_client: (turn) => ask(new ChatOpenAI({ model: turn.model, maxRetries: 2 }), turn),
  chat_in_a_hurry: (turn) => ask(new ChatOpenAI({ model: turn.model, timeout: 1000, maxRetries: 0 }), turn),
  tool_loop,
  structured: ({ messages }) => llm.withStructuredOutput(Forecast).invoke(messages),
  streamed,
});
