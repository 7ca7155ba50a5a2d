import { describe, expect, it } from 'vitest';
import type { ContainerHandlers, ListInput, Runtime } from '../../../src/api/io-berth-container.ts';
import { statusInWords } from '../../../src/cli/output/status.ts';
import { aContainer, anImage, ID, listing, listingImages } from './fixtures.ts';
import { ago, berth, NOW } from './world.ts';

describe('ps', () => {
  const web = aContainer({ ports: [{ hostPort: 8080, containerPort: 80 }] });
  const db = aContainer({
    id: 'e'.repeat(64),
    name: 'db',
    command: ['postgres', '-c', 'a very long option that nobody reads'],
    runtime: { state: 'exited', exit: { exitCode: 1, oomKilled: false, exitedAt: ago(5) } },
  });
  const containers = { List: listing([web, db]) };

  it('is a table', async () => {
    expect((await berth(['ps', '-a'], { containers })).stdout).toBe(`\
CONTAINER ID   IMAGE                    COMMAND                    CREATED         STATUS                     PORTS                  NAME
ffffffffffff   localhost/plain:latest   sh -c true                 2 minutes ago   Up About a minute          0.0.0.0:8080->80/tcp   web
eeeeeeeeeeee   localhost/plain:latest   postgres -c a very long…   2 minutes ago   Exited (1) 5 seconds ago                          db
`);
  });
  it('has its header alone when there is nothing', async () => {
    const { stdout, code } = await berth(['ps'], { containers: { List: listing([]) } });
    expect(code).toBe(0);
    expect(stdout).toBe('CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAME\n');
  });
  it('shows whole IDs and commands where it is told', async () => {
    const { stdout } = await berth(['ps', '-a', '--no-trunc'], { containers });
    expect(stdout).toContain(ID);
    expect(stdout).toContain('that nobody reads');
  });
  it('-q prints IDs, --format json what the interface says', async () => {
    expect((await berth(['ps', '-aq'], { containers })).stdout).toBe('ffffffffffff\neeeeeeeeeeee\n');
    expect((await berth(['ps', '-q', '--no-trunc'], { containers })).stdout).toContain(`${ID}\n`);
    expect(JSON.parse((await berth(['ps', '--format', 'json'], { containers })).stdout)).toEqual([web, db]);
    expect((await berth(['ps', '--format', 'json'], { containers: { List: listing([]) } })).stdout).toBe('[]\n');
  });
  it('has colours where somebody looks', async () => {
    expect((await berth(['ps'], { containers })).stdout).not.toContain('\u001B');
    const { stdout } = await berth(['ps'], { containers, colours: true });
    expect(stdout).toContain('\u001B[31mExited (1) 5 seconds ago\u001B[0m');
    expect(stdout).toContain('\u001B[32mUp About a minute\u001B[0m');
  });
  it('does not let a container write to the terminal', async () => {
    const List = listing([aContainer({ command: ['\u001B[2J', 'a\nb'] })]);
    expect((await berth(['ps'], { containers: { List } })).stdout).toContain('\\x1b[2J a\\nb');
  });

  // prettier-ignore
  it.each<[argv: string[], query: ListInput]>([
    [[],                                          { states: ['created', 'running', 'paused', 'stopping', 'unknown'] }],
    [['-a'],                                      {}],
    [['--filter', 'status=exited'],               { states: ['exited'] }],
    [['--filter', 'status=exited', '--filter=status=stopped'], { states: ['exited', 'stopped'] }],
    [['-a', '--filter', 'label=a=b=c', '--filter', 'label=d'], { labels: { a: 'b=c', d: '' } }],
  ])('%j asks berthd for no more', async (argv, query) => {
    let asked: ListInput | undefined;
    const handlers: Partial<ContainerHandlers> = {
      async *List(input) {
        asked = input;
        yield await Promise.resolve({});
      },
    };
    await berth(['ps', ...argv], { containers: handlers });
    expect(asked).toEqual(query);
  });
  it('filters by parts of names', async () => {
    expect((await berth(['ps', '-aq', '--filter', 'name=e'], { containers })).stdout).toBe('ffffffffffff\n');
    expect((await berth(['ps', '-aq', '--filter', 'name=web', '--filter', 'name=d'], { containers })).stdout).toContain(
      'e'.repeat(12),
    );
  });
  // prettier-ignore
  it.each<[argv: string[], found: string]>([
    [['--filter', 'id=ff'],                                'f'],
    [['--filter', 'id=a'],                                 ''],
    [['--filter', 'ancestor=plain'],                       'fe'],
    [['--filter', 'ancestor=localhost/plain:latest'],      'fe'],
    [['--filter', 'ancestor=aaaa'],                        'fe'],
    [['--filter', 'ancestor=lain'],                        ''],
    [['--filter', 'exited=1'],                             'e'],
    [['--filter', 'exited=0'],                             ''],
    [['--filter', 'name=web', '--filter', 'exited=1'],     ''],
    [['--last', '1'],                                      'e'],
    [['-n5'],                                              'fe'],
    [['-l'],                                               'e'],
  ])('%j', async (argv, found) => {
    const { stdout } = await berth(['ps', '-q', ...argv], { containers });
    expect(stdout).toBe(found.split('').map((digit) => `${digit.repeat(12)}\n`).join(''));
  });
  it.each(['status=dead', 'exited=x', 'colour=red', 'x', '=x'])('refuses the filter %j', async (filter) => {
    expect(await berth(['ps', '--filter', filter], { containers })).toMatchObject({ code: 125, stdout: '' });
  });
  it('refuses other formats', async () => {
    expect((await berth(['ps', '--format', '{{.ID}}'], { containers })).stderr).toContain(
      "--format takes json, not '{{.ID}}'",
    );
  });
});

describe('a status', () => {
  const exit = { exitCode: 0, oomKilled: false, exitedAt: ago(5) };
  // prettier-ignore
  const cases: [runtime: Runtime, words: string][] = [
    [{ state: 'configured' },                                  'Configured'],
    [{ state: 'configured', message: 'no such command' },      'Failed to start'],
    [{ state: 'created' },                                     'Created'],
    [{ state: 'running', startedAt: ago(200) },                'Up 3 minutes'],
    [{ state: 'running' },                                     'Up'],
    [{ state: 'paused', startedAt: ago(200) },                 'Up 3 minutes (paused)'],
    [{ state: 'stopping' },                                    'Stopping'],
    [{ state: 'stopped', exit },                               'Stopped (0) 5 seconds ago'],
    [{ state: 'stopped', exit, restartsAt: ago(-7.5) },        'Restarting (0) in 8 s'],
    [{ state: 'stopped', exit, restartsAt: ago(1) },           'Restarting (0)'],
    [{ state: 'exited', exit: { ...exit, result: 'start-limit-hit' }, restarts: 5 }, 'Gave up after 5'],
    [{ state: 'exited', exit },                                'Exited (0) 5 seconds ago'],
    [{ state: 'exited', exit: { ...exit, exitCode: 137, oomKilled: true } }, 'Exited (137) 5 seconds ago out of memory'],
    [{ state: 'exited', exit: { oomKilled: false } },          'Exited (?)'],
    [{ state: 'exited' },                                      'Exited'],
    [{ state: 'removing' },                                    'Being removed'],
    [{ state: 'unknown', message: 'no unit' },                 'Unknown: no unit'],
  ];
  it.each(cases)('%o', (runtime, words) => {
    expect(statusInWords(runtime, NOW)).toBe(words);
  });
});

describe('images', () => {
  const all = [
    anImage({ names: ['localhost:5000/app', 'docker.io/library/busybox:1.37'] }),
    anImage({ id: 'c'.repeat(64), names: [], sizeBytes: 10 }),
    anImage({ id: 'd'.repeat(64), names: ['quay.io/x@sha256:abc'], createdAt: undefined }),
  ];
  const images = { List: listingImages(all) };

  it('is a table with a line for each name', async () => {
    expect((await berth(['images'], { images })).stdout).toBe(`\
REPOSITORY                  TAG      IMAGE ID       CREATED      SIZE
localhost:5000/app          <none>   bbbbbbbbbbbb   3 days ago   4.52 MB
docker.io/library/busybox   1.37     bbbbbbbbbbbb   3 days ago   4.52 MB
<none>                      <none>   cccccccccccc   3 days ago   10 B
quay.io/x                   <none>   dddddddddddd                4.52 MB
`);
  });
  it('says which are another program’s, where there are such', async () => {
    const List = listingImages([anImage(), anImage({ id: 'c'.repeat(64), names: [], readOnly: true })]);
    expect((await berth(['images'], { images: { List } })).stdout).toBe(`\
REPOSITORY                  TAG      IMAGE ID       CREATED      SIZE      R/O
docker.io/library/busybox   1.37     bbbbbbbbbbbb   3 days ago   4.52 MB   no
<none>                      <none>   cccccccccccc   3 days ago   4.52 MB   yes
`);
  });
  it('-q prints IDs, --format json what the interface says', async () => {
    expect((await berth(['images', '-q'], { images })).stdout).toBe(
      `${['b', 'c', 'd'].map((digit) => digit.repeat(12)).join('\n')}\n`,
    );
    expect(JSON.parse((await berth(['images', '--format=json'], { images })).stdout)).toEqual(
      JSON.parse(JSON.stringify(all)),
    );
  });
});
