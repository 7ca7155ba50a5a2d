/** berth on the oldest systemd that it runs on, with the crun, runc and skopeo of its time: something of every area. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage } from '../../packaging/package.ts';
import { IMAGES, imagesFolder } from './images.ts';
import { leaks } from './leaks.ts';
import { Machine } from './machine.ts';
import type { Outcome, RunOptions } from './process.ts';
import { RootUnavailable } from './roots.ts';

let booted: Machine | RootUnavailable;

beforeAll(async () => {
  const install = [await buildPackage({ types: 'unchecked' })];
  booted = await Machine.boot({ root: 'bookworm', install, show: { [IMAGES]: await imagesFolder() } }).catch(
    (error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof RootUnavailable ? error.cause : error;
      if (cause instanceof RootUnavailable) return cause;
      throw error;
    },
  );
  if (booted instanceof Machine) await sh(`berth load ${IMAGES}/plain.oci.tar --name bb`);
}, 900_000);
beforeEach(({ skip }) => {
  if (!(booted instanceof RootUnavailable)) return;
  process.stderr.write(`skipped: ${booted.message}\n`);
  skip(booted.message);
});
afterEach(async ({ task }) => {
  if (!(booted instanceof Machine)) return;
  if (task.result?.state === 'fail') process.stderr.write(`${await booted.journal()}\n`);
  await sh('berth rm -f --all');
  await expect.poll(async () => await leaks(machine())).toEqual([]);
});
afterAll(async () => {
  if (booted instanceof Machine) await booted[Symbol.asyncDispose]();
});

function machine(): Machine {
  if (booted instanceof Machine) return booted;
  throw booted;
}

/** What a script printed, which must succeed. */
const sh = async (script: string, options: RunOptions = {}): Promise<string> =>
  (await machine().check(['sh', '-euc', script], { timeoutMs: 20_000, ...options })).text();
const said = ({ code, stdout, stderr }: Outcome): object => ({
  code,
  stdout: stdout.toString(),
  stderr: stderr.toString(),
});
const berth = async (argv: readonly string[], options: RunOptions = {}): Promise<object> =>
  said(await machine().exec(['berth', ...argv], { timeoutMs: 20_000, ...options }));
const FOREVER = `trap "exit 5" TERM; while :; do sleep 1000 & wait; done`;
const status = async (name: string): Promise<string> => await sh(`berth inspect ${name} | jq -r .[].runtime.state`);

it('is the machine that is meant', async () => {
  expect(await sh('. /etc/os-release; echo $VERSION_CODENAME; systemctl --version | head -n 1')).toMatch(
    /^bookworm\nsystemd 252 /u,
  );
  expect(await sh('berth info')).toMatch(/systemd: +252\nKernel/u);
});

describe.each(['crun', 'runc'])('with %s', (runtime) => {
  const run = ['run', '--rm', '--runtime', runtime];

  it('runs a container, with its streams, its code, its input and its terminal', async () => {
    const command = ['sh', '-c', 'cat; echo err >&2; exit 3'];
    expect(await berth([...run, '-i', 'bb', ...command], { input: 'in\n' })).toEqual({
      code: 3,
      stdout: 'in\n',
      stderr: 'err\n',
    });
    expect(await berth([...run, '-t', 'bb', 'sh', '-c', 'test -t 0 && echo yes'])).toMatchObject({ stdout: 'yes\r\n' });
    expect(await berth([...run, 'bb', 'nope'])).toMatchObject({ code: 127 });
    expect(await berth([...run, 'bb', '/etc/passwd'])).toMatchObject({ code: 126 });
  });

  it('gives it what was asked for', async () => {
    const options = `--user 1000:1000 --read-only --tmpfs /tmp -v /etc:/host:ro --ulimit nofile=100 --hostname ship
      --sysctl net.core.somaxconn=100 --cap-drop ALL --oom-score-adj 500 --init`;
    const script = `id -u; hostname; ulimit -n; touch /x 2>/dev/null || echo ro; touch /host/x 2>/dev/null || echo ro
      cat /proc/sys/net/core/somaxconn /proc/self/oom_score_adj; grep CapEff /proc/self/status; cat /proc/1/comm`;
    expect(await sh(`berth ${run.join(' ')} ${options.replaceAll('\n', ' ')} bb sh -c '${script}'`)).toBe(
      '1000\nship\n100\nro\nro\n100\n500\nCapEff:\t0000000000000000\nberth-init',
    );
  });

  it('runs commands in it', async () => {
    await sh(`berth run -d --runtime ${runtime} --name c bb sh -c '${FOREVER}'`);
    expect(await berth(['exec', '-i', '-w', '/tmp', 'c', 'sh', '-c', 'pwd; cat; exit 7'], { input: 'in\n' })).toEqual({
      code: 7,
      stdout: '/tmp\nin\n',
      stderr: '',
    });
    expect(await berth(['exec', '-t', 'c', 'sh', '-c', 'test -t 0 && echo yes'])).toMatchObject({ stdout: 'yes\r\n' });
    expect(await berth(['exec', 'c', 'nope'])).toMatchObject({ code: 127 });
    expect(await sh('yes | berth exec -i c head -n 1')).toBe('y');
  });

  it('pauses it, and a kill ends it while it is', async () => {
    await sh(`berth run -d --runtime ${runtime} --name c bb sh -c '${FOREVER}'; berth pause c`);
    expect(await status('c')).toBe('paused');
    await sh('berth unpause c');
    expect(await status('c')).toBe('running');
    expect(await berth(['exec', 'c', 'echo', 'on'])).toMatchObject({ code: 0, stdout: 'on\n' });
    await sh('berth pause c; systemctl kill --signal KILL --kill-who main berth-c');
    expect(await sh('berth wait c')).toBe('137');
  });

  it('goes on without berthd, and how it ended is known', async () => {
    await sh(`berth run -d --runtime ${runtime} --name c bb sh -c 'trap "exit 6" TERM; while :; do sleep 0.1; done'`);
    expect(
      await sh(`berth exec c sh -c 'while [ ! -e /go ]; do sleep 0.1; done; exit 9' & exec=$!
        until berth exec c true; do :; done
        systemctl kill --signal KILL --kill-who main berthd
        berth exec c touch /go; wait $exec || echo $?`),
    ).toBe('9');
    await sh('systemctl stop berthd.socket berthd; systemctl stop berth-c; systemctl start berthd.socket');
    expect(await sh('berth wait c')).toBe('6');
  });
});

it('attaches to a container and passes signals on', async () => {
  await sh('berth create -i --name c bb cat');
  expect(await berth(['start', '-ai', 'c'], { input: 'typed\n' })).toEqual({ code: 0, stdout: 'typed\n', stderr: '' });
  const script = 'trap "echo bye; exit 4" USR1; echo ready; while :; do sleep 0.1; done';
  expect(
    await sh(`berth run --rm bb sh -c '${script}' >/tmp/out & until grep -q ready /tmp/out; do :; done
      kill -USR1 $!; wait $! || echo $?; cat /tmp/out`),
  ).toBe('4\nready\nbye');
});

it('has its logs', async () => {
  await sh(`berth run -d --name c bb sh -c 'seq 1 500; echo err >&2'; berth wait c`);
  expect(await sh('berth logs c 2>/dev/null | sha256sum')).toBe(await sh('seq 1 500 | sha256sum'));
  expect(await berth(['logs', 'c'])).toMatchObject({ code: 0, stderr: 'err\n' });
  expect(await sh('berth logs --tail 100 c 2>&1 | wc -l')).toBe('100');
  await sh(`berth run -d --name d bb sh -c 'echo one; sleep 0.5; echo two'`);
  expect(await sh('berth logs -f d')).toBe('one\ntwo');
});

it('stops, starts, restarts, renames and changes it', async () => {
  await sh(`berth run -d --name c bb sh -c '${FOREVER}'; berth stop c`);
  expect(await sh('berth wait c')).toBe('5');
  await sh('berth start c; berth restart c; berth rename c d; berth update --restart always d; berth top d');
  expect(await status('d')).toBe('running');
  await sh('berth stats --no-stream d; berth kill -s KILL d');
});

it('starts again what ends, by its policy', async () => {
  await sh(`berth run -d --restart on-failure:2 --name c bb sh -c 'echo run; exit 3'`);
  await expect.poll(async () => await sh('berth logs c | wc -l'), { timeout: 20_000 }).toBe('3');
  expect(await sh('berth wait c')).toBe('3');
});

it('is a unit that systemctl can do everything to', async () => {
  const forever = FOREVER.replace(';', '; echo >>/runs;');
  await sh(`berth run -d --name c --cpu-period 20000 --property Nice=5 bb sh -c '${forever}'`);
  expect(await sh('systemctl show berth-c -p CPUQuotaPeriodUSec -p Nice')).toBe('CPUQuotaPeriodUSec=20ms\nNice=5');
  expect(await sh('systemctl show berth-c -p NeedDaemonReload')).toBe('NeedDaemonReload=no');
  await sh('systemctl daemon-reload; systemctl daemon-reexec');
  expect(await status('c')).toBe('running');
  expect(await sh('systemctl show berth-c -p NeedDaemonReload -p LoadState')).toBe(
    'LoadState=loaded\nNeedDaemonReload=no',
  );
  await sh(`systemctl restart berth-c
    until berth exec c sh -c 'test $(wc -l </runs) = 2'; do :; done; systemctl stop berth-c`);
  expect(await sh('berth wait c')).toBe('5');
});

it('keeps images: loads, names, saves and pulls them', async () => {
  const stored = '/tmp/images';
  await sh(`mkdir -p ${stored}; berth tag bb ship:1; berth save -o ${stored}/ship.tar ship:1; berth rmi ship:1`);
  await sh(`berth load ${stored}/ship.tar`);
  expect(await sh('berth images')).toMatch(/ship +1 /u);
  await sh(`cat >${stored}/registry.yml <<'END'
version: 0.1
storage: {filesystem: {rootdirectory: ${stored}/registry}}
http: {addr: "127.0.0.1:5000"}
END
    systemd-run --quiet --unit berth-test-registry docker-registry serve ${stored}/registry.yml
    skopeo copy --quiet --retry-times 5 --dest-tls-verify=false oci:${IMAGES}/oci/layers:latest docker://127.0.0.1:5000/layers:1
    berth pull --tls-verify=false 127.0.0.1:5000/layers:1
    berth run --rm 127.0.0.1:5000/layers:1 true
    berth rmi 127.0.0.1:5000/layers:1 ship:1; systemctl stop berth-test-registry; rm -r ${stored}`);
});
