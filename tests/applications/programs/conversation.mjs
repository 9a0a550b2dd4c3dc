// Reads each turn from standard input, has it answered by the function that the command names, and writes the reply.
import { createInterface } from 'node:readline';

export async function serve(functions) {
  const [name, mode] = process.argv.slice(2);
  for await (const line of createInterface({ input: process.stdin })) {
    let reply;
    try {
      reply = await functions[name](JSON.parse(line));
    } catch (error) {
      if (mode !== 'or_sorry') throw error;
      console.error(`${error.name}: ${error.message}`);
      reply = 'Sorry, not now.';
    }
    console.log(JSON.stringify(reply));
  }
}
