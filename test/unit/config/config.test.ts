import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Config, ConfigInvalid, DEFAULTS, parseConfig, readConfig } from '../../../src/config/config.ts';
import { Settings } from '../../../src/config/settings.ts';

describe('parseConfig', () => {
  it.each<[string, Partial<Config>]>([
    ['', {}],
    ['# a comment\n; another\n\n', {}],
    ['[Daemon]\nDefaultRuntime=runc\n', { runtime: 'runc' }],
    ['[Daemon]\nDefaultRuntime = runc \r\n', { runtime: 'runc' }],
    ['[Daemon]\nDefaultRuntime=runc\nDefaultRuntime=\n', {}],
    ['[Daemon]\nDefaultStreams=journal\n', { streams: 'journal' }],
    ['[Daemon]\nDefaultStreams=journal\nDefaultStreams=\n', {}],
    ['[Daemon]\nLogLevel=debug\n', { logLevel: 7 }],
    ['[Daemon]\nLogLevel=emerg', { logLevel: 0 }],
    [
      '[Daemon]\nAdditionalImageStores=/a  /b\nAdditionalImageStores=/a /c',
      { additionalImageStores: ['/a', '/b', '/c'] },
    ],
    ['[Daemon]\nAdditionalImageStores=/a\nAdditionalImageStores=', {}],
    ['[Daemon]\nExitOnIdleSec=1min 30s', { exitOnIdleMs: 90_000 }],
    ['[Daemon]\nExitOnIdleSec=5', { exitOnIdleMs: 5000 }],
    ['[Daemon]\nExitOnIdleSec=1s\nExitOnIdleSec=infinity', {}],
    ['[Daemon]\nExitOnIdleSec=1s\nExitOnIdleSec=', {}],
    ['[Daemon]\nExitOnIdleSec=1month', {}],
    ['[Daemon]\nDetachKeys=ctrl-a,d', { detachKeys: 'ctrl-a,d' }],
    ['[Daemon]\nDetachKeys=none', { detachKeys: '' }],
    ['[Daemon]\nDetachKeys=d\nDetachKeys=', {}],
  ])('%j', (text, expected) => {
    const config = parseConfig(text, '/etc/berth/berth.conf');
    expect(config).toEqual({ ...DEFAULTS, ...expected });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it.each<[string, string]>([
    ['DefaultRuntime=runc', 'c:1: unknown setting DefaultRuntime= in section []'],
    ['[Daemon]\n\nnonsense', 'c:3: expected NAME=value'],
    ['[Daemon]\n=runc', 'c:2: expected NAME=value'],
    ['[Daemon', 'c:1: expected NAME=value'],
    ['[Daemon]\nColour=red', 'c:2: unknown setting Colour= in section [Daemon]'],
    ['[Daemon]\nconstructor=red', 'c:2: unknown setting constructor= in section [Daemon]'],
    ['[Daemon]\ntoString=', 'c:2: unknown setting toString= in section [Daemon]'],
    ['[Other]\n', 'c:1: unknown section [Other]'],
    ['[Daemon]\nDefaultStreams=pipes', "c:2: DefaultStreams= does not take 'pipes'"],
    ['[Daemon]\nLogLevel=loud', "c:2: LogLevel= does not take 'loud'"],
    ['[Daemon]\nAdditionalImageStores=here', "c:2: AdditionalImageStores= does not take 'here'"],
    ['[Daemon]\nAdditionalImageStores=/a,b', "c:2: AdditionalImageStores= does not take '/a,b'"],
    ['[Daemon]\nExitOnIdleSec=soon', "c:2: ExitOnIdleSec= does not take 'soon'"],
    ['[Daemon]\nExitOnIdleSec=0', "c:2: ExitOnIdleSec= does not take '0'"],
    ['[Daemon]\nExitOnIdleSec=999ms', "c:2: ExitOnIdleSec= does not take '999ms'"],
    ['[Daemon]\nDetachKeys=ctrl-', "c:2: DetachKeys= does not take 'ctrl-'"],
    ['[Daemon]\nDefaultRuntime=/usr/bin/crun', "c:2: DefaultRuntime= does not take '/usr/bin/crun'"],
  ])('%j: %s', (text, message) => {
    expect(() => parseConfig(text, 'c')).toThrow(new ConfigInvalid(message));
  });
});

describe('Settings', () => {
  it('begins with the defaults where there is no file, and tells what is in force at each reading', async () => {
    await using folder = await aFolder();
    const path = join(folder.path, 'berth.conf');
    const told: number[] = [];
    const settings = await Settings.open(({ logLevel }) => told.push(logLevel), path);
    expect(settings.current).toEqual(DEFAULTS);
    await writeFile(path, '[Daemon]\nLogLevel=err\n');
    await settings.reload();
    expect(settings.current.logLevel).toBe(3);
    expect(told).toEqual([6, 3]);
  });

  it('keeps what was in force where the file is wrong', async () => {
    await using folder = await aFolder();
    const path = join(folder.path, 'berth.conf');
    await writeFile(path, '[Daemon]\nLogLevel=err\n');
    const told: number[] = [];
    const settings = await Settings.open(({ logLevel }) => told.push(logLevel), path);
    await writeFile(path, '[Daemon]\nLogLevel=loud\n');
    await expect(settings.reload()).rejects.toThrow(`${path}:2: `);
    expect(settings.current.logLevel).toBe(3);
    expect(told).toEqual([3]);
  });

  it('does not take a file that cannot be read for one that is not there', async () => {
    await using folder = await aFolder();
    await expect(readConfig(folder.path)).rejects.toMatchObject({ code: 'EISDIR' });
  });
});

async function aFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'berth-config-'));
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true });
    },
  };
}
