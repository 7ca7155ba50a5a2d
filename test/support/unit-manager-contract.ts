/** What every UnitManager promises: the specs of the domain run on a fake one, which has to promise no more than systemd keeps. */
import { describe, expect, it } from 'vitest';
import { exec, exitStatusSet, i32, text, usec, type UnitProperty } from '../../src/unit-file/properties.ts';
import type { UnitManager } from '../../src/systemd/units/unit-manager.ts';
import type { UnitChange } from '../../src/systemd/units/unit-status.ts';

/** A manager, and what its side of the world has to do for the specs. */
export interface Contender {
  readonly units: UnitManager;
  /** A folder that the unit's ExecStopPost= may write to. */
  readonly folder: string;
  /** What the unit runs: a process that lives until it is told how to end. */
  readonly command: { readonly path: string; readonly argv: readonly string[] };
  /** Has the process of a unit end with an exit code. */
  readonly exit: (unit: string, code: number) => Promise<void>;
  /** The next start fails, as a command does that exits with 1. */
  readonly failNext: () => { readonly path: string; readonly argv: readonly string[] };
}

const SIGTERM = 15;
const SIGKILL = 9;
let count = 0;

/** @param contender asked for in each spec, once there is one */
export function describeUnitManager(contender: () => Contender): void {
  const newName = (): string => `berth-contract-${count++}.service`;
  const propertiesOf = (command: Contender['command'], ...more: readonly UnitProperty[]): UnitProperty[] => [
    text('Type', 'exec'),
    text('CollectMode', 'inactive'),
    exec('ExecStart', [{ ...command, flags: ['no-env-expand'] }]),
    exec('ExecStopPost', [
      { path: '/bin/true', argv: ['true', '-', contender().folder, `${contender().folder}/pid`, 'id'] },
    ]),
    i32('KillSignal', SIGTERM),
    exitStatusSet('SuccessExitStatus', { codes: [128 + SIGTERM], signals: [SIGTERM] }),
    ...more,
  ];
  const start = async (...more: readonly UnitProperty[]): Promise<string> => {
    const name = newName();
    await contender().units.startTransient({ name, properties: propertiesOf(contender().command, ...more) });
    return name;
  };
  /** Changes of a unit while `act` runs, up to the one that `isLast` is true of. */
  const changesOf = async (
    unit: string,
    isLast: (change: UnitChange) => boolean,
    act: () => Promise<unknown>,
  ): Promise<UnitChange[]> => {
    const ended = new AbortController();
    const seen: UnitChange[] = [];
    const changes = contender().units.changes(ended.signal, (each) => each === unit);
    const acted = act();
    for await (const change of changes) {
      seen.push(change);
      if (isLast(change)) ended.abort();
    }
    await acted;
    return seen;
  };
  const hasFailed = (change: UnitChange): boolean => change.kind === 'changed' && change.activeState === 'failed';
  const isRemoved = ({ kind }: UnitChange): boolean => kind === 'removed';

  describe('a unit manager', () => {
    it('starts a unit, tells what it is, and stops it', async () => {
      const { units } = contender();
      const name = await start();
      const status = await units.status(name);
      expect(status).toMatchObject({ name, activeState: 'active', subState: 'running', transient: true, restarts: 0 });
      expect(status?.mainPid).toBeGreaterThan(1);
      expect(status?.invocationId).toMatch(/^[0-9a-f]{32}$/u);
      expect(await units.service(name)).toMatchObject({ activeState: 'active', mainPid: status?.mainPid });
      expect((await units.list(['berth-contract-*.service'])).map((each) => each.name)).toContain(name);
      expect(await units.stop(name)).toMatchObject({ activeState: 'inactive' });
      expect(await units.status(name)).toBeUndefined();
    });

    it('refuses a name that is loaded', async () => {
      const { units, command } = contender();
      const name = await start();
      const again = units.startTransient({ name, properties: propertiesOf(command) });
      await expect(again).rejects.toMatchObject({ name: 'UnitExists', unit: name });
      await units.stop(name);
    });

    it('knows nothing of a unit that is not loaded', async () => {
      const { units } = contender();
      const name = newName();
      const notLoaded = { name: 'UnitNotLoaded', unit: name };
      await expect(units.stop(name)).rejects.toMatchObject(notLoaded);
      await expect(units.kill(name, 'main', SIGTERM)).rejects.toMatchObject(notLoaded);
      await expect(units.setProperties(name, 'runtime', [])).rejects.toMatchObject(notLoaded);
      await units.resetFailed(name);
      expect(await units.status(name)).toBeUndefined();
      expect(await units.service(name)).toBeUndefined();
      expect(await units.isTransient(name)).toBeUndefined();
    });

    it('says why a start has failed', async () => {
      const { units, failNext } = contender();
      const name = newName();
      const properties = [...propertiesOf(failNext()).filter((each) => each.name !== 'Type'), text('Type', 'oneshot')];
      await expect(units.startTransient({ name, properties })).rejects.toMatchObject({
        name: 'UnitJobFailed',
        unit: name,
        result: 'failed',
        last: { activeState: 'failed', service: { result: 'exit-code' } },
      });
      await units.resetFailed(name);
    });

    it('keeps a unit that has failed until that is forgotten, and tells how it ended', async () => {
      const { units, exit, command } = contender();
      const name = await start();
      await changesOf(name, hasFailed, async () => {
        await exit(name, 7);
      });
      expect(await units.status(name)).toMatchObject({
        activeState: 'failed',
        mainPid: 0,
        result: 'exit-code',
        exit: { code: 7 },
      });
      await expect(units.kill(name, 'main', SIGTERM)).rejects.toMatchObject({ name: 'NoSuchProcess' });
      const again = units.startTransient({ name, properties: propertiesOf(command) });
      await expect(again).rejects.toMatchObject({ name: 'UnitExists' });
      const changes = await changesOf(name, isRemoved, async () => {
        await units.resetFailed(name);
      });
      expect(changes.at(-1)).toMatchObject({ kind: 'removed', unit: name });
      expect(await units.status(name)).toBeUndefined();
    });

    it('forgets a unit that has ended well, and tells so', async () => {
      const { units, exit } = contender();
      const name = await start();
      const changes = await changesOf(name, isRemoved, async () => {
        await exit(name, 0);
      });
      expect(changes.some((change) => change.kind === 'changed' && change.activeState === 'inactive')).toBe(true);
      expect(await units.status(name)).toBeUndefined();
    });

    it('ends a unit by a signal, which is a failure unless it is the one to stop with', async () => {
      const { units } = contender();
      const killed = await start();
      await changesOf(killed, hasFailed, async () => {
        await units.kill(killed, 'main', SIGKILL);
      });
      expect(await units.status(killed)).toMatchObject({ result: 'signal', exit: { signal: 'SIGKILL' } });
      await units.resetFailed(killed);
      const stopped = await start();
      await changesOf(stopped, isRemoved, async () => {
        await units.kill(stopped, 'main', SIGTERM);
      });
      expect(await units.status(stopped)).toBeUndefined();
    });

    it('brings a unit back by its policy, as another run with a count', async () => {
      const { units, exit } = contender();
      const name = await start(text('Restart', 'always'), usec('RestartUSec', 10));
      const first = await units.status(name);
      const isWaiting = (change: UnitChange): boolean =>
        change.kind === 'changed' && change.activeState === 'activating' && change.subState.startsWith('auto-restart');
      await changesOf(name, isWaiting, async () => {
        await exit(name, 0);
      });
      expect(first?.restarts).toBe(0);
      await units.stop(name);
      expect(await units.status(name)).toBeUndefined();
    });

    it('tells of changes until nobody listens any more', async () => {
      const { units } = contender();
      const over = new AbortController();
      const changes = units.changes(over.signal);
      over.abort();
      const seen: UnitChange[] = [];
      for await (const change of changes) seen.push(change);
      expect(seen).toEqual([]);
    });
  });
}
