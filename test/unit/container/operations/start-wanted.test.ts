import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RestartPolicy } from '../../../../src/container/configuration/configuration.ts';
import type { Wish } from '../../../../src/container/container.ts';
import { comesUpAtBoot } from '../../../../src/container/operations/start-wanted.ts';
import { aWorld, patient, type World } from '../../../support/world.ts';

/** The host was booted anew, and berthd has looked at everything. */
async function reboot(world: World): Promise<void> {
  world.units.reboot();
  world.daemonStarts();
  await world.supervisor.start();
}

async function startWanted(world: World): Promise<[name: string, failure: unknown][]> {
  const started: [string, unknown][] = [];
  for await (const { container, failure } of world.containers.startWanted(patient))
    started.push([container.name, failure]);
  return started;
}

const states = (world: World): Record<string, string> =>
  Object.fromEntries(world.index.all().map(({ name, status }) => [name, status.state]));

describe('comesUpAtBoot', () => {
  // prettier-ignore
  it.each<[policy: RestartPolicy, wanted: Wish | undefined, state: 'configured' | 'exited', expected: boolean]>([
    ['no',             'up',      'exited',     false],
    ['on_failure',     'up',      'exited',     false],
    ['always',         'up',      'exited',     true],
    ['always',         'down',    'exited',     true],
    ['always',         'up',      'configured', true],
    ['always',         undefined, 'configured', false],
    ['always',         undefined, 'exited',     true],
    ['unless_stopped', 'up',      'exited',     true],
    ['unless_stopped', 'down',    'exited',     false],
    ['unless_stopped', undefined, 'configured', false],
  ])('%s, wanted %s, %s: %s', async (restartPolicy, wanted, state, expected) => {
    await using world = aWorld();
    const container = await world.given('web', state, { restartPolicy });
    expect(comesUpAtBoot({ ...container, wanted })).toBe(expected);
  });
});

describe('StartWanted', () => {
  it('starts after a boot what is to run, and leaves the rest as it ended', async () => {
    await using world = aWorld();
    await world.given('no', 'running');
    await world.given('always', 'running', { restartPolicy: 'always' });
    await world.given('unless', 'running', { restartPolicy: 'unless_stopped' });
    await world.given('stopped', 'running', { restartPolicy: 'unless_stopped' });
    await world.containers.stop('stopped', undefined, patient);
    await reboot(world);
    expect(await startWanted(world)).toEqual([
      ['always', undefined],
      ['unless', undefined],
    ]);
    expect(states(world)).toEqual({ no: 'exited', always: 'running', unless: 'running', stopped: 'exited' });
  });

  it('starts nothing that runs', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { restartPolicy: 'always' });
    await world.given('paused', 'paused', { restartPolicy: 'always' });
    expect(await startWanted(world)).toEqual([]);
  });

  it('runs what Init has set up', async () => {
    await using world = aWorld();
    await world.given('web', 'exited', { restartPolicy: 'always' });
    await world.containers.init('web', { dependencies: 'must-run' }, patient);
    expect(await startWanted(world)).toEqual([['web', undefined]]);
  });

  it('starts those first whose namespaces another one shares, whatever their policy', async () => {
    await using world = aWorld();
    await world.given('base', 'running');
    await world.given('middle', 'running', { network: 'container:base' });
    await world.given('top', 'running', { network: 'container:middle', restartPolicy: 'always' });
    await reboot(world);
    world.units.calls.length = 0;
    expect((await startWanted(world)).map(([name]) => name)).toEqual(['base', 'middle', 'top']);
    const started = world.units.calls.filter(([call]) => call === 'startTransient').map(([, unit]) => unit);
    expect(started).toEqual(['base', 'middle', 'top'].map((name) => world.unit(name)));
  });

  it('tells of one that cannot be started, keeps why, and starts the others', async () => {
    await using world = aWorld();
    const source = join(world.directory, 'mounted');
    mkdirSync(source);
    const mounts = [{ kind: 'bind' as const, source, destination: '/data' }];
    await world.given('broken', 'running', { restartPolicy: 'always', mounts });
    await world.given('sharing', 'running', { restartPolicy: 'always', network: 'container:broken' });
    await world.given('web', 'running', { restartPolicy: 'always' });
    await reboot(world);
    rmdirSync(source);
    const [broken, sharing, web] = await startWanted(world);
    expect(broken).toMatchObject(['broken', { code: 'NoSuchSource' }]);
    expect(sharing).toMatchObject(['sharing', { code: 'NoSuchNamespace' }]);
    expect(web).toEqual(['web', undefined]);
    expect(world.believed('broken').message).toContain('NoSuchSource');
    expect(world.believed('sharing').message).toContain('NoSuchNamespace');
  });
});
