import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, GROUPS } from '../../../src/cli/commands.ts';
import { bashCompletion } from '../../../src/cli/completion/bash.ts';
import { completionTable, type CompletedOption, type CompletionTable } from '../../../src/cli/completion/table.ts';
import { zshCompletion } from '../../../src/cli/completion/zsh.ts';
import { aContainer, anImage, listing, listingImages } from './fixtures.ts';
import { berth } from './world.ts';

let table: CompletionTable;
beforeAll(async () => {
  table = await completionTable(COMMANDS, GROUPS);
});
const optionOf = (command: string, name: string): CompletedOption | undefined =>
  table.commands.find((each) => each.name === command)?.options.find(({ names }) => names.includes(name));

describe('what can stand in a place', () => {
  // prettier-ignore
  it.each<[command: string, option: string, words: string[], lookUps: string[]]>([
    ['run',     '--restart',  ['no', 'on-failure', 'always', 'unless-stopped'],                  []],
    ['run',     '--net',      ['none', 'host', 'container:', 'path:'],         []],
    ['run',     '--mount',    ['type='],                                       []],
    ['run',     '--security-opt', ['no-new-privileges', 'seccomp=', 'mask=', 'unmask='], []],
    ['run',     '-e',         [],                                              []],
    ['run',     '--env-file', [],                                              ['files']],
    ['kill',    '-s',         [],                                              ['signals']],
    ['images',  '--filter',   ['reference=', 'label=', 'dangling=true', 'dangling=false'], []],
    ['inspect', '--type',     ['all', 'container', 'image'],                   []],
  ])('%s %s', (command, option, words, lookUps) => {
    expect(optionOf(command, option)?.value?.suggestions).toEqual({ words, lookUps });
  });

  // prettier-ignore
  it.each<[command: string, lookUps: string[], words?: string[]]>([
    ['start',         ['containers']],
    ['rename',        ['containers']],
    ['stats',         ['containers']],
    ['inspect',       ['containers', 'images']],
    ['image inspect', ['images']],
    ['images',        ['images']],
    ['run',           ['images']],
    ['load',          ['files']],
    ['info',          []],
    ['completion',    [], ['bash', 'zsh', 'containers', 'images']],
  ])('%s', (command, lookUps, words = []) => {
    expect(table.commands.find(({ name }) => name === command)?.operands).toEqual({ words, lookUps });
  });

  it('is known for every command', () => {
    expect(table.commands.map(({ name }) => name)).toEqual(Object.keys(COMMANDS));
    expect(table.commands.filter((command) => command.isFollowedByCommand).map(({ name }) => name)).toEqual([
      'run',
      'create',
      'exec',
    ]);
  });
});

describe('the scripts', () => {
  it('are printed', async () => {
    expect((await berth(['completion', 'bash'])).stdout).toBe(bashCompletion(table));
    expect((await berth(['completion', 'zsh'])).stdout).toBe(zshCompletion(table));
    expect(await berth(['completion', 'fish'])).toMatchObject({ code: 125, stdout: '' });
  });
  it('know every option of every command', () => {
    const [bash, zsh] = [bashCompletion(table), zshCompletion(table)];
    for (const { name, options } of table.commands) {
      const names = options.flatMap((option) => option.names);
      expect(bash).toContain(`    '${name}') found='${names.join(' ')}' ;;`);
      expect(zsh).toContain(`_berth_${name.replace(' ', '_')}() {`);
      for (const option of names) expect(zsh).toContain(option);
    }
  });
  it('ask for names', async () => {
    const options = {
      containers: { List: listing([aContainer({ name: 'a' }), aContainer({ name: 'b' })]) },
      images: { List: listingImages([anImage({ names: ['x', 'y:1'] }), anImage({ names: [] })]) },
    };
    expect((await berth(['completion', 'containers'], options)).stdout).toBe('a\nb\n');
    expect((await berth(['completion', 'images'], options)).stdout).toBe('x\ny:1\n');
  });
});
