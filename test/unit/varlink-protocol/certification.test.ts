import { describe, expect, it } from 'vitest';
import { duplexPair } from 'node:stream';
import { ClientConnection } from '../../../src/varlink/client-connection.ts';
import { certificationServer } from '../../../src/varlink/certification/server.ts';
import { certify } from '../../../src/varlink/certification/client.ts';
import { STEPS } from '../../../src/varlink/certification/steps.ts';
import type { Server } from '../../../src/varlink/server.ts';

const failOnError = (error: unknown): void => {
  throw error as Error;
};

function connectTo(server: Server): ClientConnection {
  const [near, far] = duplexPair();
  void server.accept(far);
  return new ClientConnection(near);
}

const NAME = 'org.varlink.certification';

describe('certification', () => {
  it('is passed by this client against this server', async () => {
    await using server = certificationServer(failOnError);
    await using connection = connectTo(server);
    const lines: string[] = [];
    await certify(connection, (line) => lines.push(line.slice(0, line.indexOf(':'))));
    expect(lines).toEqual(['Start', ...STEPS.map(({ method }) => method)]);
  });

  it('goes on for many clients at a time, on one connection or many', async () => {
    await using server = certificationServer(failOnError);
    await using shared = connectTo(server);
    const [first, second] = [connectTo(server), connectTo(server)];
    const report = (): void => undefined;
    await Promise.all([
      certify(shared, report),
      certify(shared, report),
      certify(first, report),
      certify(second, report),
    ]);
    await Promise.all([first.close(), second.close()]);
  });

  it.each<[string, string, object]>([
    ['in the wrong order', 'Test02', { bool: true }],
    ['with a wrong value', 'Test01', {}],
  ])('is refused %s, and cannot be gone on with', async (_, method, input) => {
    await using server = certificationServer(failOnError);
    await using connection = connectTo(server);
    const { client_id } = await connection.call(`${NAME}.Start`, {});
    if (method === 'Test01') await connection.call(`${NAME}.Test01`, { client_id });
    const wrong = method === 'Test01' ? (['Test02', { bool: false }] as const) : ([method, input] as const);
    await expect(connection.call(`${NAME}.${wrong[0]}`, { client_id, ...wrong[1] })).rejects.toMatchObject({
      error: `${NAME}.CertificationError`,
    });
    await expect(connection.call(`${NAME}.Test01`, { client_id })).rejects.toMatchObject({
      error: `${NAME}.ClientIdError`,
    });
  });

  it('is refused with flags that were not asked for', async () => {
    await using server = certificationServer(failOnError);
    await using connection = connectTo(server);
    const replies = connection.callMore(`${NAME}.Start`, {});
    await expect(replies.next()).rejects.toMatchObject({
      error: `${NAME}.CertificationError`,
      parameters: { got: { mode: 'more' } },
    });
  });

  it('forgets the oldest of a thousand clients that do not go on', async () => {
    await using server = certificationServer(failOnError);
    await using connection = connectTo(server);
    const starts = await Promise.all(
      Array.from({ length: 1001 }, async () => await connection.call(`${NAME}.Start`, {})),
    );
    await expect(connection.call(`${NAME}.Test01`, { ...starts[0] })).rejects.toMatchObject({
      error: `${NAME}.ClientIdError`,
    });
    await expect(connection.call(`${NAME}.Test01`, { ...starts[1] })).resolves.toEqual({ bool: true });
  });
});
