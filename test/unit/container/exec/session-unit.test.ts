import { expect, it } from 'vitest';
import { sessionUnitFor } from '../../../../src/container/exec/session-unit.ts';
import { newSessionId, type Session } from '../../../../src/container/exec/session.ts';
import { configureSession } from '../../../../src/container/exec/session-request.ts';
import type { ExecTerminal } from '../../../../src/oci/runtime.ts';
import { aWorld } from '../../../support/world.ts';

const SIGHUP = 1;
const SIGINT = 2;
const SIGTERM = 15;

// prettier-ignore
it.each<[stop: string, terminal: boolean, execTerminal: ExecTerminal, sent: number]>([
  ['SIGTERM', true,  'copied', SIGTERM],
  ['SIGINT',  true,  'copied', SIGHUP],
  ['SIGINT',  false, 'copied', SIGINT],
  ['SIGINT',  true,  'sent',   SIGINT],
])('stopSignal %s, terminal %s, which is %s: KillSignal %i', async (stopSignal, terminal, execTerminal, sent) => {
  await using world = aWorld();
  const container = await world.given('web', 'running', { stopSignal });
  const config = configureSession({ command: ['true'], terminal });
  const session: Session = { id: newSessionId(), container: container.id, createdAt: new Date(0), config };
  const unit = sessionUnitFor(session, container, { pid: 4711, runtime: { execTerminal } });
  expect(unit.properties.find(({ name }) => name === 'KillSignal')?.value).toBe(sent);
});
