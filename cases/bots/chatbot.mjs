// A chatbot as a program for Node.js, without any package: one JSON line in, one JSON line out.
// With --fallback it apologises when its model fails.
import { createInterface } from "node:readline";

const SORRY = "Sorry, something went wrong on our side.";
const hasFallback = process.argv.includes("--fallback");

async function complete({ model, messages }) {
  const response = await fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${process.env.OPENAI_API_KEY}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ model, messages, max_tokens: 40, temperature: 0 }),
  });
  if (!response.ok) throw new Error(`the model's server said ${response.status}`);
  const answer = await response.json();
  return answer.choices[0].message.content;
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    reply = await complete(JSON.parse(line));
  } catch (error) {
    if (!hasFallback) throw error;
    reply = SORRY;
  }
  console.log(JSON.stringify(reply));
}
