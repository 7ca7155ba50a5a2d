/** Programs that draw on a terminal, at the one of `berth run -it` and `berth exec -it`. */
import { beforeAll, expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import { Terminal, type Size } from './terminal.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let client: Berth;
useBerth(
  machine,
  (connected) => {
    client = connected;
  },
  'none-soon',
);
const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
const SIZE: Size = { columns: 99, rows: 33 };
const DETACH = '\u0010\u0011';
const ESCAPE = '\u001B';
const INTERRUPT = '\u0003';
/** How the cursor is moved to the beginning of a row, which is where `vi` has its status. */
const atRow = (row: number): string => `\u001B[${row.toString()};1H`;

beforeAll(async () => {
  await client.image('plain');
});

const berth = (argv: readonly string[], size: Size = SIZE): Terminal => new Terminal(machine, ['berth', ...argv], size);

it.each(['crun', 'runc'])('vi with %s follows the window, is left, is drawn anew, and ends right', async (runtime) => {
  const run = ['run', '-it', '--runtime', runtime, '--name', 'editor', 'plain'];
  const first = berth([...run, 'sh', '-c', 'vi /tmp/file; exit 5']);
  await first.until(atRow(33));
  first.resize({ columns: 120, rows: 40 });
  await first.until(atRow(40));
  first.type('ihello');
  await first.until('hello');
  first.type(DETACH);
  await first.until('attaches again');
  expect(await first.ended).toBe(0);

  const second = berth(['attach', 'editor'], { columns: 70, rows: 20 });
  await second.until('hello');
  await second.until(atRow(20));
  second.type(ESCAPE);
  await second.until('- /tmp/file'); // vi takes what comes at once after an escape for a part of it
  second.type(':w\r');
  await second.until('1L, 6C');
  expect((await machine.check(['berth', 'exec', 'editor', 'cat', '/tmp/file'])).text()).toBe('hello');
  second.type(':q\r');
  expect(await second.ended).toBe(5);
});

it('a program finds the size of the window when it looks at once', async () => {
  for (const verb of ['run', 'create']) {
    const argv = [verb, '-it', '--name', verb, 'plain', 'stty', 'size'];
    const first = berth(argv);
    if (verb === 'run') await first.until('33 99');
    expect(await first.ended).toBe(0);
  }
  const later = berth(['start', '-ai', 'create']);
  await later.until('33 99');
  expect(await later.ended).toBe(0);
});

it('top follows the window and is ended by ctrl-c', async () => {
  await client.run('x', FOREVER);
  const top = berth(['exec', '-it', 'x', 'sh', '-c', 'stty size; top -d 1; echo "top: $?"; exit 6']);
  await top.until('33 99');
  await top.until('COMMAND');
  top.resize({ columns: 120, rows: 40 });
  await top.until('COMMAND');
  top.type(INTERRUPT);
  await top.until('top: ');
  expect(await top.ended).toBe(6);
});
