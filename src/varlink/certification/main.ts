import { ClientConnection } from '../client-connection.ts';
import { certificationServer } from './server.ts';
import { certify } from './client.ts';
import { dial } from '../dial.ts';
import { parseAddress } from '../address.ts';
import { serveActivated } from '../activation.ts';

/**
 * `main.ts ADDRESS` certifies clients there until it is terminated; without ADDRESS it serves where socket activation
 * says. `main.ts --client ADDRESS` is certified by the server there, and prints `Certification passed` last.
 */
const USAGE = 'usage: main.ts [--client] ADDRESS';
const DEADLINE_MS = 60_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function runClient(address: string): Promise<void> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  await using connection = new ClientConnection(await dial(parseAddress(address), signal));
  await certify(connection, say, { signal });
  say('Certification passed');
}

async function runServer(address: string | undefined): Promise<void> {
  const server = certificationServer((error) => console.error(error));
  const stop = (): void => void server.close();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  if (address !== undefined) {
    await server.listen(address);
    say(`Listening on ${address}`);
    return;
  }
  const activation = await serveActivated(server);
  if (activation === 'nothing') throw new Error(USAGE);
  if (activation === 'listening') say('Listening');
}

const [first, second] = process.argv.slice(2);
try {
  if (first !== '--client') await runServer(first);
  else if (second === undefined) throw new Error(USAGE);
  else await runClient(second);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
