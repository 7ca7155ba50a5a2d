/** A database that is lost, damaged, or of another berth: what runs is found again, and what cannot be read is not touched. */
import { beforeAll, expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
const reconnect = useBerth(machine, (connected) => {
  berth = connected;
});

beforeAll(async () => {
  await berth.image('plain');
});

const DATABASE = '/var/lib/berth/berth.db';
const FOREVER = 'trap "exit 5" TERM; while :; do sleep 1000 & wait; done';
const inspect = async (container: string) => await berth.containers.inspect({ container });

/** Keeps berthd down while something is done to its files; the next call starts it. */
async function whileDown(script: string): Promise<void> {
  await machine.sh(
    'systemctl stop berthd.socket berthd.service; systemctl reset-failed berthd.socket berthd.service 2>/dev/null || true',
  );
  await machine.sh(script);
}
/** @returns where its journal begins that is of this berthd alone */
async function startAgain(): Promise<() => Promise<string>> {
  const cursor = (await machine.sh('journalctl -n0 --show-cursor | sed -n "s/^-- cursor: //p"')).text().trim();
  await machine.check(['systemctl', 'start', 'berthd.socket']);
  await reconnect();
  return async () => await machine.journal('berthd.service', `--after-cursor=${cursor}`, '--output=cat');
}

it.each([
  ['lost', `rm -f ${DATABASE}*`],
  ['damaged', `dd if=/dev/urandom of=${DATABASE} bs=4096 seek=0 count=4 conv=notrunc 2>/dev/null`],
])('a %s database is filled again from the folders and the units', async (what, script) => {
  await berth.run('d-runs', FOREVER, { labels: { tier: 'front' } });
  await berth.run('d-named', FOREVER);
  await berth.containers.rename({ container: 'd-named', name: 'd-renamed' });
  await berth.run('d-code', 'exit 23');
  await berth.run('d-later', 'while [ ! -e /go ]; do sleep 0.05; done; exit 7');
  await berth.wait('d-code');
  await berth.run('d-input', 'cat; exit 9', { streams: 'relay', stdin: true });
  const before = await Promise.all(['d-runs', 'd-renamed', 'd-code', 'd-input'].map(inspect));
  await whileDown(
    `${script}; for root in /var/lib/berth/containers/*/root; do touch "$root/go"; done; while systemctl is-active -q berth-d-later.service; do :; done`,
  );
  await machine.sh('mkdir -p /var/lib/berth/containers/stranger');
  const said = await startAgain();

  const after = await Promise.all(['d-runs', 'd-renamed', 'd-code', 'd-input'].map(inspect));
  for (const [index, { id, unit, configuration, runtime }] of before.entries()) {
    expect(after[index]).toMatchObject({ id, unit, configuration });
    expect(after[index]?.runtime).toMatchObject({ state: runtime.state, invocationId: runtime.invocationId });
    expect(after[index]?.runtime.process).toEqual(runtime.process);
    // The record was written when the unit was down, a moment after systemd said that the process had ended.
    expect({ ...after[index]?.runtime.exit, exitedAt: undefined }).toEqual({ ...runtime.exit, exitedAt: undefined });
  }
  expect((await inspect('d-later')).runtime).toMatchObject({ state: 'exited', exit: { exitCode: 7 } });
  const journal = await said();
  expect(journal.match(/was adopted from its folder/g)).toHaveLength(5);
  expect(journal.match(/belongs to none of them and is left alone/g)).toHaveLength(1);
  expect(journal.includes('The database was damaged')).toBe(what === 'damaged');
  const aside = (await machine.sh(`ls ${DATABASE}.damaged-* 2>/dev/null || true`)).text();
  expect(aside !== '').toBe(what === 'damaged');

  // It is a container like any other again: it can be stopped, started and removed.
  await berth.containers.stop({ container: 'd-runs' });
  expect(await berth.wait('d-runs')).toMatchObject({ exitCode: 5 });
  await berth.containers.restart({ container: 'd-renamed' });
  expect(await inspect('d-renamed')).toMatchObject({ unit: 'berth-d-renamed.service', runtime: { state: 'running' } });
  await machine.sh(`rmdir /var/lib/berth/containers/stranger; rm -f ${DATABASE}.damaged-*`);
});

it('a database of a newer berth is refused in words, and not touched', async () => {
  const id = await berth.run('d-newer', FOREVER);
  const version = (number: number): string =>
    `/usr/lib/berth/node --no-warnings -e 'const { DatabaseSync } = require("node:sqlite"); new DatabaseSync("${DATABASE}").exec("PRAGMA user_version = ${number.toString()}")'`;
  await whileDown(`${version(99)}; sha256sum ${DATABASE} /var/lib/berth/containers/*/container.json >/run/before`);
  expect((await machine.exec(['systemctl', 'start', 'berthd.service'])).code).not.toBe(0);
  expect(await berth.show('berthd.service', 'ActiveState', 'ExecMainStatus', 'StatusText')).toEqual({
    ActiveState: 'failed',
    ExecMainStatus: '78',
    StatusText: `Cannot go on: ${DATABASE}: written by a newer berth (schema 99, this one knows 1)`,
  });
  await machine.check(['sha256sum', '--quiet', '-c', '/run/before']);
  expect((await berth.show('berth-d-newer.service', 'ActiveState'))['ActiveState']).toBe('active');

  await whileDown(`${version(1)}; rm /run/before`);
  await startAgain();
  expect(await inspect('d-newer')).toMatchObject({ id, runtime: { state: 'running' } });
});
