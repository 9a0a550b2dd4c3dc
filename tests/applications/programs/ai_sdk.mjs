import { createOpenAI, openai } from '@ai-sdk/openai';
import { Output, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { serve } from './conversation.mjs';

const language = (provider, id) => (process.env.PROGRAM_API === 'chat' ? provider.chat(id) : provider(id));
const tools = {
  get_weather: tool({
    description: 'The weather of a city.',
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `rain in ${city}`,
  }),
};

async function ask(provider, { model, messages }, more = {}) {
  const { text } = await generateText({ model: language(provider, model), messages, ...more });
  return text;
}

async function structured({ model, messages }) {
  const schema = z.object({ city: z.string(), rain: z.boolean() });
  const { output } = await generateText({ model: language(openai, model), messages, output: Output.object({ schema }) });
  return output;
}

async function streamed({ model, messages }, more = {}) {
  let text = '';
  const result = streamText({ model: language(openai, model), messages, onError: () => {}, ...more });
  for await (const part of result.fullStream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'text-delta') text += part.text;
  }
  return text;
}

await serve({
  chat: (turn) => ask(openai, turn),
  chat_with_own_client: (turn) => ask(createOpenAI(), turn),
  chat_in_a_hurry: (turn) => ask(openai, turn, { abortSignal: AbortSignal.timeout(1000), maxRetries: 0 }),
  tool_loop: (turn) => ask(openai, turn, { tools, stopWhen: stepCountIs(5) }),
  structured,
  streamed,
  streamed_tool_loop: (turn) => streamed(turn, { tools, stopWhen: stepCountIs(5) }),
});
