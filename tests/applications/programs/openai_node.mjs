import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { serve } from './conversation.mjs';

const client = new OpenAI();
const Forecast = z.object({ city: z.string(), rain: z.boolean() });
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ type: 'function', function: { name: 'get_weather', parameters } }];

async function ask(own, { model, messages }, options) {
  const completion = await own.chat.completions.create({ model, messages }, options);
  return completion.choices[0].message.content;
}

async function tool_loop({ model, messages }) {
  for (let round = 0; round < 5; round += 1) {
    const completion = await client.chat.completions.create({ model, messages, tools });
    const { message } = completion.choices[0];
    if (!message.tool_calls) return message.content;
    messages.push(message);
    for (const call of message.tool_calls) {
      const { city } = JSON.parse(call.function.arguments);
      messages.push({ role: 'tool', tool_call_id: call.id, content: `rain in ${city}` });
    }
  }
  throw new Error('the model calls tools for ever');
}

async function structured({ model, messages }) {
  const response_format = zodResponseFormat(Forecast, 'forecast');
  const completion = await client.chat.completions.parse({ model, messages, response_format });
  return completion.choices[0].message.parsed;
}

async function streamed({ model, messages }) {
  let text = '';
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
  return text;
}

await serve({
  chat: (turn) => ask(client, turn),
  chat_with_own_client: (turn) => ask(new OpenAI(), turn),
  chat_in_a_hurry: (turn) => ask(client, turn, { timeout: 1000, maxRetries: 0 }),
  tool_loop,
  structured,
  streamed,
});
