import { describe, expect, it } from 'vitest';
import { COMMANDS, GROUPS } from '../../../src/cli/commands.ts';
import { serviceAt } from '../../../src/cli/connect.ts';
import { CannotConnect } from '../../../src/varlink/errors.ts';
import { listing } from './fixtures.ts';
import { berth, TestWorld } from './world.ts';

const VERBS = Object.keys(COMMANDS);

describe('help', () => {
  it.each([['--help'], ['-h'], ['help'], []])('lists every command', async (...argv) => {
    const { stdout, code } = await berth(argv);
    expect(code).toBe(0);
    for (const verb of VERBS) expect(stdout).toMatch(new RegExp(`^  ${verb} +[A-Z]`, 'mu'));
  });

  it.each(VERBS)('%s explains itself and every option', async (verb) => {
    const words = verb.split(' ');
    const { stdout, stderr, code } = await berth([...words, '--help']);
    const topic = (await COMMANDS[verb]?.load())?.topic;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(topic?.name).toBe(verb);
    expect(topic?.summary).toBe(COMMANDS[verb]?.summary);
    expect(stdout).toMatch(new RegExp(`^Usage: berth ${verb} \\[OPTIONS\\]`, 'u'));
    for (const [long, { help, short }] of Object.entries(topic?.options ?? {})) {
      expect(stdout).toContain(
        `${short === undefined ? '  ' : `-${short}`}${short === undefined ? '  ' : ', '}--${long}`,
      );
      expect(help).toMatch(/^[A-Z]/u);
    }
    expect((await berth(['help', ...words])).stdout).toBe(stdout);
  });

  it.each(Object.entries(GROUPS))('%s lists its verbs, each of which is there', async (group, { verbs }) => {
    for (const argv of [[group], [group, '--help'], [group, '-h'], ['help', group]]) {
      const { stdout, code } = await berth(argv);
      expect(code).toBe(0);
      for (const verb of Object.keys(verbs)) expect(stdout).toMatch(new RegExp(`^  ${verb} +[A-Z]`, 'mu'));
    }
    for (const [verb, name] of Object.entries(verbs)) {
      expect((await berth([group, verb, '--help'])).stdout).toMatch(new RegExp(`^Usage: berth ${name} `, 'u'));
    }
  });

  it.each(VERBS)('%s has no letter or name twice', async (verb) => {
    const options = Object.entries((await COMMANDS[verb]?.load())?.topic.options ?? {});
    const names = options.flatMap(([long, { short, aliases }]) => [
      long,
      ...(aliases ?? []),
      ...(short === undefined ? [] : [short]),
    ]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('a command line that makes no sense', () => {
  // prettier-ignore
  it.each<[argv: string[], complaint: string]>([
    [['fly'],             "there is no command 'fly'; see 'berth --help'"],
    [['constructor'],     "there is no command 'constructor'; see 'berth --help'"],
    [['help', 'fly'],     "there is no command 'fly'; see 'berth --help'"],
    [['--nope', 'ps'],    "there is no option --nope; see 'berth --help'"],
    [['ps', '--nope'],    "there is no option --nope; see 'berth ps --help'"],
    [['ps', 'web'],       "'web' is too much; see 'berth ps --help'"],
    [['container', 'fly'], "there is no command 'container fly'; see 'berth container --help'"],
    [['help', 'image', 'fly'], "there is no command 'image fly'; see 'berth image --help'"],
    [['image', 'prune', '--nope'], "there is no option --nope; see 'berth image prune --help'"],
    [['image', '--nope'], "there is no option --nope; see 'berth image --help'"],
  ])('%j', async (argv, complaint) => {
    expect(await berth(argv)).toMatchObject({ code: 125, stdout: '', stderr: `berth: ${complaint}\n` });
  });
});

describe('the address of berthd', () => {
  const containers = { List: listing([]) };
  // prettier-ignore
  it.each<[environment: Record<string, string>, argv: string[], address: string]>([
    [{},                                 ['ps'],                          'unix:/run/berth/io.berth'],
    [{ BERTH_ADDRESS: '' },              ['ps'],                          'unix:/run/berth/io.berth'],
    [{ BERTH_ADDRESS: 'unix:/a' },       ['ps'],                          'unix:/a'],
    [{ BERTH_ADDRESS: 'unix:/a' },       ['--address', 'unix:/b', 'ps'],  'unix:/b'],
    [{},                                 ['--address=unix:@c', 'ps'],     'unix:@c'],
  ])('%o %j', async (environment, argv, address) => {
    const world = new TestWorld({ containers, environment });
    expect(await world.run(...argv)).toMatchObject({ code: 0 });
    expect(world.address).toBe(address);
  });

  it('is tried when something is called, and again by the next call', async () => {
    const service = serviceAt('unix:/nowhere/io.berth');
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(service.call('io.berth.System.GetInfo', {})).rejects.toThrow(CannotConnect);
    }
  });
});
