/** The varlink library against peers that share no code with it: python3-varlink in both roles, and systemd's varlinkctl. */
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dial } from '../../src/varlink/dial.ts';
import { parseAddress } from '../../src/varlink/address.ts';
import { ClientConnection } from '../../src/varlink/client-connection.ts';
import { certificationInterface } from '../../src/varlink/certification/interface.ts';
import { certificationServer } from '../../src/varlink/certification/server.ts';
import { certify } from '../../src/varlink/certification/client.ts';
import { VarlinkError } from '../../src/varlink/errors.ts';
import { live } from '../../src/varlink/stream.ts';
import type { Call } from '../../src/varlink/types.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
const FOLDER = '/run/varlink-peers';
const PEER = ['python3', `${FOLDER}/peer.py`];
const ours = `unix:${FOLDER}/ours`;
const theirs = `unix:${FOLDER}/theirs`;
const errors: unknown[] = [];
const watched = Promise.withResolvers<void>();

const spoken = `interface org.example.spoken

# Says it again.
method Echo(word: string) -> (word: string)

method Nothing() -> ()

method Refuse() -> ()

# [Requires 'more' flag]
method Count(to: int) -> (item: ?int)

# [Requires 'more' flag]
method Watch() -> (event: ?string)

# Not now.
error Refused (why: string)
`;

const server = certificationServer((error) => errors.push(error)).serve<object>(
  { name: 'org.example.spoken', text: spoken },
  {
    Echo: ({ word }: { word: string }) => ({ word }),
    Nothing: () => ({}),
    Refuse() {
      throw new VarlinkError('org.example.spoken.Refused', { why: 'because' });
    },
    async *Count({ to }: { to: number }) {
      for (let item = 0; item < to; item++) yield await Promise.resolve({ item });
    },
    Watch(_: object, { signal }: Call) {
      signal.addEventListener('abort', () => watched.resolve());
      return live(
        (async function* () {
          yield { event: 'ready' };
          await once(signal, 'abort');
        })(),
      );
    },
  },
);

beforeAll(async () => {
  await machine.check(['mkdir', '-p', FOLDER]);
  await writeFile(machine.path(`${FOLDER}/peer.py`), await readFile(join(import.meta.dirname, 'varlink-peer.py')));
  await writeFile(machine.path(`${FOLDER}/${certificationInterface.name}.varlink`), certificationInterface.text);
  await server.listen(machine.path(`${FOLDER}/ours`));
});
afterAll(async () => {
  await server.close();
  await rm(machine.path(FOLDER), { recursive: true, force: true });
});

describe('python3-varlink', () => {
  it('certifies our client', async () => {
    const peer = machine.spawn([...PEER, theirs], { cwd: FOLDER });
    try {
      await once(peer.stdout, 'data');
      await using connection = new ClientConnection(await dial(parseAddress(machine.path(`${FOLDER}/theirs`))));
      await certify(connection, () => undefined);
    } finally {
      peer.destroy();
      await peer.ended;
    }
  });

  it('is certified by our server', async () => {
    const { stdout } = await machine.check([...PEER, '--client', ours], { cwd: FOLDER });
    expect(stdout.toString()).toBe('Certification passed\n');
    expect(errors).toEqual([]);
  });
});

/** With `--more` varlinkctl prints a JSON text sequence (RFC 7464). */
const withoutSeparators = (text: string): string => text.replaceAll('\u001e', '');

describe('varlinkctl', () => {
  const varlinkctl = async (...args: string[]): Promise<string> =>
    withoutSeparators((await machine.check(['varlinkctl', ...args])).text());
  const call = (method: string, parameters: object): string[] => [
    'call',
    '--json=short',
    ours,
    `org.example.spoken.${method}`,
    JSON.stringify(parameters),
  ];

  it('shows who the service is, and its interfaces', async () => {
    await expect(varlinkctl('info', ours)).resolves.toContain('Product: varlink certification');
    await expect(varlinkctl('list-interfaces', ours)).resolves.toBe(
      'org.example.spoken\norg.varlink.certification\norg.varlink.service',
    );
  });

  it('can parse what the service says of itself', async () => {
    await expect(varlinkctl('introspect', ours, 'org.varlink.service')).resolves.toContain('error ExpectedUpgrade');
    await expect(varlinkctl('introspect', ours, 'org.example.spoken')).resolves.toContain('# Says it again.');
  });

  it('calls, with and without parameters', async () => {
    await expect(varlinkctl(...call('Echo', { word: 'hé' }))).resolves.toBe('{"word":"hé"}');
    await expect(varlinkctl(...call('Nothing', {}))).resolves.toBe('{}');
  });

  it.each<[string, object, string, string]>([
    ['Refuse', {}, 'org.example.spoken.Refused', '{"why":"because"}'],
    ['Echo', {}, 'org.varlink.service.InvalidParameter', '{"parameter":"word"}'],
    ['Nope', {}, 'org.varlink.service.MethodNotFound', '{"method":"org.example.spoken.Nope"}'],
    ['Count', { to: 1 }, 'org.varlink.service.ExpectedMore', ''],
  ])('shows why %s %j is refused', async (method, parameters, error, shown) => {
    const outcome = await machine.exec(['varlinkctl', ...call(method, parameters)]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr.toString()).toContain(error);
    expect(outcome.text()).toBe(shown);
  });

  it('takes many replies, and none', async () => {
    await expect(varlinkctl('--more', ...call('Count', { to: 3 }))).resolves.toBe('{"item":0}\n{"item":1}\n{"item":2}');
    await expect(varlinkctl('--more', ...call('Count', { to: 0 }))).resolves.toBe('{}');
  });

  it('ends what it watches by going', async () => {
    const watcher = machine.spawn(['varlinkctl', '--more', ...call('Watch', {})]);
    const [first] = (await once(watcher.stdout, 'data')) as [Buffer];
    expect(withoutSeparators(first.toString())).toBe('{"event":"ready"}\n');
    watcher.kill();
    await watched.promise;
    await watcher.ended;
  });

  it('gets no answer to a oneway call, and the service goes on', async () => {
    await expect(varlinkctl('--oneway', ...call('Nope', {}))).resolves.toBe('');
    await expect(varlinkctl(...call('Nothing', {}))).resolves.toBe('{}');
  });
});
