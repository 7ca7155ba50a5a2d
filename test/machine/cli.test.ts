/** The `berth` program, as a person or a script has it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Berth } from './berth.ts';
import { IMAGES } from './images.ts';
import { leaks } from './leaks.ts';
import type { Outcome, RunOptions } from './process.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let client: Berth;

beforeAll(async () => {
  client = await Berth.connect(machine);
  await client.removeAll();
  await client.removeImages();
  await client.image('plain');
});
afterEach(async () => {
  await client.removeAll();
  expect(await leaks(machine)).toEqual([]);
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
});

const berth = async (...argv: string[]): Promise<Outcome> => await machine.exec(['berth', ...argv]);
const shell = async (script: string, options?: RunOptions): Promise<Outcome> =>
  await machine.exec(['sh', '-c', script], options);
const said = ({ code, stdout, stderr }: Outcome): object => ({
  code,
  stdout: stdout.toString(),
  stderr: stderr.toString(),
});
const FOREVER = 'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 1000 & wait; done';

describe('berth run', () => {
  // prettier-ignore
  it.each<[command: string[], code: number, stderr: string | RegExp]>([
    [['true'],                                0,   ''],
    [['sh', '-c', 'exit 42'],                 42,  ''],
    [['no-such-command'],                     127, /^berth: container '\S+' has no such command/],
    [['/etc/passwd'],                         126, /^berth: the command in container .* cannot be executed/],
  ])('%j exits with %i', async (command, code, stderr) => {
    for (const options of [['--rm'], ['--name', 'cli-code']]) {
      const ran = await berth('run', ...options, 'plain', ...command);
      expect(ran.code).toBe(code);
      expect(ran.stdout.toString()).toBe('');
      expect(ran.stderr.toString()).toEqual(typeof stderr === 'string' ? stderr : expect.stringMatching(stderr));
    }
    expect((await berth('ps', '-a', '--format', 'json')).text()).toContain('cli-code');
  });

  it('exits with 125 when berth itself fails', async () => {
    expect(said(await berth('run', '--pull=never', 'nope'))).toMatchObject({ code: 125, stdout: '' });
    expect(said(await berth('run', '--property', 'Nope=1', 'plain', 'true'))).toMatchObject({ code: 125, stdout: '' });
    expect(said(await shell('BERTH_ADDRESS=unix:/nowhere berth run plain'))).toEqual({
      code: 125,
      stdout: '',
      stderr:
        "berth: berthd cannot be reached at /nowhere: there is no such socket; start it with 'systemctl start berthd.socket'\n",
    });
  });

  it('gives what the container wrote, to the byte, each stream to its own', async () => {
    const ran = await berth(
      'run',
      '--rm',
      'plain',
      'sh',
      '-c',
      'echo out; echo err >&2; printf "\\n \\n\\377\\000x \\r\\n"; printf cut',
    );
    expect(ran.stdout).toEqual(Buffer.from('out\n\n \n\u00ff\u0000x \r\ncut', 'latin1'));
    expect({ ...said(ran), stdout: '' }).toEqual({ code: 0, stdout: '', stderr: 'err\n' });
  });

  it('exits with 128 and the number of the signal that ended it', async () => {
    const script = `
      berth run --rm --name cli-killed plain sleep 1000 & pid=$!
      until [ "$(berth ps -q --filter status=running --filter name=cli-killed)" ]; do :; done
      berth kill cli-killed >/dev/null; wait $pid; echo $?`;
    expect(said(await machine.exec(['bash', '-c', script]))).toEqual({ code: 0, stdout: '137\n', stderr: '' });
  });

  it('--rm loses no line of a container that is gone at once, and leaves nothing', async () => {
    const script =
      'for i in $(seq 10); do berth run --rm plain sh -c "echo $i; echo $i" || echo failed; done | uniq -c; berth ps -aq';
    const lines = Array.from({ length: 10 }, (_, index) => `      2 ${(index + 1).toString()}\n`);
    expect(said(await shell(script))).toEqual({ code: 0, stdout: lines.join(''), stderr: '' });
  });

  it('passes every signal on that can be taken', async () => {
    const signals = `HUP INT QUIT TRAP ABRT USR1 USR2 ALRM CONT TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO SYS`;
    const container = `for s in ${signals}; do trap "echo $s" $s; done; trap "exit 9" TERM
      echo ready; while :; do sleep 0.02; done`;
    const said = await machine.check(
      [
        'bash',
        '-c',
        `berth run --rm plain sh -c "$1" </dev/null >/tmp/cli-signals & pid=$!
        until grep -q ready /tmp/cli-signals; do sleep 0.02; done
        for s in ${signals}; do kill -s $s $pid; until grep -qx $s /tmp/cli-signals; do sleep 0.02; done; done
        kill $pid; wait $pid; echo $?; rm /tmp/cli-signals`,
        'bash',
        container,
      ],
      { timeoutMs: 30_000 },
    );
    expect(said.text()).toBe('9');
  });

  it('passes signals on, and stays until the container has ended', async () => {
    const script = `
      berth run --rm --name cli-signal plain sh -c '${FOREVER}' >/tmp/cli-out & pid=$!
      until grep -q ready /tmp/cli-out; do sleep 0.05; done
      kill -TERM $pid; wait $pid; echo $?; cat /tmp/cli-out; rm /tmp/cli-out`;
    expect(said(await machine.exec(['bash', '-c', script]))).toEqual({
      code: 0,
      stdout: '5\nready\nbye\n',
      stderr: '',
    });
  });

  it('goes on when berthd is killed under it: every line once, and the right exit code', async () => {
    const script = `
      : >/tmp/cli-out
      berth run --name cli-crash plain sh -c 'i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); usleep 5000; done; exit 9' >/tmp/cli-out & pid=$!
      for at in 20 100 200; do
        until grep -qx $at /tmp/cli-out; do sleep 0.02; done
        until systemctl kill --kill-whom=main --signal=KILL berthd.service 2>/dev/null; do sleep 0.02; done
      done
      wait $pid; echo $?; seq 0 299 | cmp - /tmp/cli-out && echo same; rm /tmp/cli-out
      systemctl reset-failed berthd.service 2>/dev/null || true`;
    expect(said(await machine.exec(['bash', '-c', script]))).toEqual({ code: 0, stdout: '9\nsame\n', stderr: '' });
    await client[Symbol.asyncDispose]();
    client = await Berth.connect(machine);
  });

  it('makes what the options say', async () => {
    const script = `
      id; pwd; hostname; echo "$A $MINE"; grep NoNewPrivs /proc/self/status; cat /data/motd; ls /t; touch /x /data/x`;
    const argv = `berth run --rm -u app -w /tmp -h boat -e A=1 -e MINE --security-opt no-new-privileges --read-only \\
      -v /etc/motd:/data/motd:ro --tmpfs /t --label a=b plain sh -c '${script}'`;
    const ran = await shell(argv, { env: { MINE: 'passed on' } });
    expect(ran.stdout.toString()).toContain('uid=1000(app)');
    expect(ran.stdout.toString()).toContain('\n/tmp\nboat\n1 passed on\nNoNewPrivs:\t1\n');
    expect(ran.stderr.toString()).toMatch(/\/x: Read-only file system/);
    expect(ran.code).not.toBe(0);
  });

  it('puts properties on the unit, and refuses limits for want of controllers, as info says', async () => {
    const options = ['--name', 'cli-limits', '--pids-limit', '-1', '--property', 'CPUQuotaPeriodSec=20ms'];
    await machine.check(['berth', 'run', '-d', ...options, 'plain', 'sh', '-c', FOREVER]);
    expect(await client.show('berth-cli-limits.service', 'TasksMax', 'CPUQuotaPeriodUSec')).toEqual({
      TasksMax: 'infinity',
      CPUQuotaPeriodUSec: '20ms',
    });
    const reason = "'memory': a hierarchy of control groups of version 1 has it";
    expect(said(await berth('run', '--memory', '64m', 'plain', 'true'))).toMatchObject({
      code: 125,
      stderr: `berth: this host cannot enforce --memory, for want of the controller ${reason}; 'berth info' shows what it can\n`,
    });
    expect((await berth('info')).text()).toMatch(/^Cannot limit: +--memory, --memory-reservation, --memory-swap: /m);
  });
});

describe('the life of a container by hand', () => {
  it('from create to rm', async () => {
    const id = (
      await machine.check([
        'berth',
        'create',
        '--name',
        'cli-life',
        '--stop-timeout',
        '3',
        'plain',
        'sh',
        '-c',
        FOREVER,
      ])
    ).text();
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect((await berth('ps', '-q')).text()).toBe('');
    expect(said(await berth('init', 'cli-life'))).toEqual({ code: 0, stdout: 'cli-life\n', stderr: '' });
    expect(said(await berth('start', id.slice(0, 12)))).toMatchObject({ code: 0, stderr: '' });
    expect(said(await berth('start', 'cli-life'))).toMatchObject({ code: 0, stderr: '' });
    expect((await berth('ps', '--filter', 'name=life')).text()).toMatch(/Up (?:Less than a|\d+) seconds? +cli-life$/m);
    expect((await berth('rm', 'cli-life')).code).toBe(2);
    expect(said(await berth('stop', 'cli-life', 'nope'))).toMatchObject({ code: 125, stdout: 'cli-life\n' });
    expect(said(await berth('stop', 'cli-life'))).toMatchObject({ code: 0, stderr: '' });
    expect(said(await berth('wait', 'cli-life'))).toEqual({ code: 0, stdout: '5\n', stderr: '' });
    expect((await berth('ps', '-a')).text()).toMatch(/Exited \(5\) .* ago +cli-life$/m);
    expect(said(await berth('logs', 'cli-life'))).toEqual({ code: 0, stdout: 'ready\nbye\n', stderr: '' });
    expect((await berth('logs', '-t', '-n1', 'cli-life')).text()).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z bye$/,
    );
    const [inspected] = JSON.parse((await berth('inspect', 'cli-life')).text()) as {
      id: string;
      runtime: { state: string };
    }[];
    expect(inspected).toMatchObject({ id, runtime: { state: 'exited' } });
    expect(said(await berth('rm', 'cli-life'))).toEqual({ code: 0, stdout: 'cli-life\n', stderr: '' });
    expect((await berth('rm', 'cli-life')).code).toBe(1);
    expect(said(await berth('rm', '-f', 'cli-life'))).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('kill sends what it is told', async () => {
    await machine.check(['berth', 'run', '-d', '--name', 'cli-kill', 'plain', 'sh', '-c', FOREVER]);
    await expect.poll(async () => (await berth('logs', 'cli-kill')).text()).toBe('ready');
    await machine.check(['berth', 'kill', '-s', 'TERM', 'cli-kill']);
    expect((await berth('wait', 'cli-kill')).text()).toBe('5');
  });

  it('logs -f ends with the container, and quietly when nobody reads on', async () => {
    await machine.check([
      'berth',
      'run',
      '-d',
      '--name',
      'cli-follow',
      'plain',
      'sh',
      '-c',
      'echo one; echo two; sleep 1; echo three',
    ]);
    expect(said(await berth('logs', '-f', 'cli-follow'))).toEqual({ code: 0, stdout: 'one\ntwo\nthree\n', stderr: '' });
    const cut = 'set -o pipefail; berth logs cli-follow | head -c1; echo " ${PIPESTATUS[0]}"';
    const ran = await machine.exec(['bash', '-c', cut]);
    expect(ran.stderr.toString()).toBe('');
    expect(ran.stdout.toString()).toMatch(/^o (?:0|141)\n$/);
  });
});

describe('what a container may use', () => {
  it('is what update says, and what stats and top show', async () => {
    await machine.check(['berth', 'run', '-d', '--name', 'cli-update', 'plain', 'sh', '-c', FOREVER]);
    const updated = await berth('update', '-m', '0', '--cpu-period', '20000', 'cli-update');
    expect(said(updated)).toEqual({ code: 0, stdout: 'cli-update\n', stderr: '' });
    expect(await client.show('berth-cli-update.service', 'MemoryMax', 'CPUQuotaPeriodUSec')).toEqual({
      MemoryMax: 'infinity',
      CPUQuotaPeriodUSec: '20ms',
    });
    expect(said(await berth('update', '-c', '0', 'cli-update'))).toMatchObject({ code: 0, stderr: '' });
    expect(await client.show('berth-cli-update.service', 'CPUWeight')).toEqual({ CPUWeight: '[not set]' });
    expect((await berth('stats', '--no-stream')).text()).toMatch(/^ID +NAME +CPU %.*\n[0-9a-f]{12} +cli-update /);
    expect((await berth('top', 'cli-update')).text()).toMatch(/^PID +HOST PID.*\n1 +\d+ .* sh -c trap/);
  });

  it('is what the options say', async () => {
    const options =
      '--add-host db:10.0.0.1 --sysctl net.ipv4.ip_unprivileged_port_start=80 --ulimit nofile=100:200 --shm-size 1m --tz Europe/Paris --group-add 7 --init --device /dev/full --security-opt unmask=ALL --annotation a=b --oom-score-adj 100'.split(
        ' ',
      );
    const script =
      'grep db /etc/hosts; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ulimit -n; id -G; ls /dev/full; cat /proc/self/oom_score_adj';
    const ran = await berth('run', '--rm', ...options, 'plain', 'sh', '-c', script);
    expect(said(ran)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^10\.0\.0\.1\s+db\n80\n100\n.*\b7\n\/dev\/full\n100\n$/) as string,
      stderr: '',
    });
  });
});

describe('the other verbs', () => {
  it('restart, pause, unpause, rename, sync, cleanup, container prune', async () => {
    await machine.check(['berth', 'run', '-d', '--name', 'cli-verbs', 'plain', 'sh', '-c', FOREVER]);
    for (const verb of ['pause', 'unpause', 'restart'])
      expect(said(await berth(verb, 'cli-verbs'))).toEqual({ code: 0, stdout: 'cli-verbs\n', stderr: '' });
    expect(said(await berth('pause', '-a'))).toEqual({ code: 0, stdout: 'cli-verbs\n', stderr: '' });
    expect(said(await berth('kill', 'cli-verbs', 'nope'))).toMatchObject({ code: 125 });
    expect((await berth('wait', 'cli-verbs')).text()).toBe('137');
    expect(said(await berth('rename', 'cli-verbs', 'cli-renamed'))).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await berth('sync', 'cli-renamed')).text()).toBe('cli-renamed exited');
    expect(said(await berth('cleanup', 'cli-renamed'))).toMatchObject({ code: 0, stderr: '' });
    expect((await berth('container', 'ls', '-a', '--filter', 'exited=137')).text()).toContain('cli-renamed');
    expect((await berth('container', 'prune')).text()).toMatch(/^[0-9a-f]{64}$/);
    expect((await berth('container', 'ls', '-aq')).text()).toBe('');
  });

  it('start --recursive starts what shares its namespaces first', async () => {
    await machine.check(['berth', 'create', '--name', 'cli-base', 'plain', 'sh', '-c', FOREVER]);
    const sharing = ['--name', 'cli-shares', '--network', 'container:cli-base'];
    await machine.check(['berth', 'create', ...sharing, 'plain', 'sh', '-c', FOREVER]);
    const refused = await berth('start', 'cli-shares');
    expect(refused.code).toBe(125);
    expect(refused.stderr.toString()).toContain('--recursive');
    expect(said(await berth('start', '--recursive', 'cli-shares'))).toMatchObject({ code: 0, stderr: '' });
    expect((await berth('ps')).text()).toContain('cli-base');
    await machine.check(['berth', 'rm', '-f', 'cli-shares']);
  });

  it('a folder of the host as the root', async () => {
    const script = `
      mkdir -p /tmp/cli-root/bin && cp /proc/self/exe /tmp/cli-root/bin/sh 2>/dev/null
      berth run --rm --rootfs /tmp/cli-root /bin/none; echo $?; rm -r /tmp/cli-root`;
    expect((await shell(script)).text()).toContain('127');
  });
});

describe('completion and manuals', () => {
  it('bash completes commands, options, values and names', async () => {
    await machine.check(['berth', 'create', '--name', 'cli-completed', 'plain', 'true']);
    const script = `
      source /usr/share/bash-completion/completions/berth
      compopt() { :; }
      try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _berth; echo "\${COMPREPLY[*]}"; }
      try berth rena
      try berth container pr
      try berth run --restart = al
      try berth run --network ho
      try berth start cli-c
      try berth image inspect localhost/pl
      try berth kill -s SIGTE`;
    const ran = await machine.exec(['bash', '-c', script]);
    expect(said(ran)).toEqual({
      code: 0,
      stdout: 'rename\nprune\nalways\nhost\ncli-completed\nlocalhost/plain:latest\nSIGTERM\n',
      stderr: '',
    });
  });

  it('manual pages are in the package, whether or not this machine wants manuals', async () => {
    const files = (await machine.check(['dpkg', '--listfiles', 'berth'])).text().split('\n');
    const manuals = ['man1/berth.1.gz', 'man5/berth.conf.5.gz', 'man8/berthd.8.gz'];
    expect(files).toEqual(expect.arrayContaining(manuals.map((name) => `/usr/share/man/${name}`)));
    expect(files).toContain('/usr/share/zsh/vendor-completions/_berth');
  });
});

describe('images, information and help', () => {
  it('load, images, rmi', async () => {
    const loaded = await berth('load', '-i', `${IMAGES}/config.oci.tar`, '--name', 'localhost/cli:1');
    expect(said(loaded)).toEqual({ code: 0, stdout: 'Loaded image: localhost/cli:1\n', stderr: '' });
    expect((await berth('images')).text()).toMatch(/^localhost\/cli +1 +[0-9a-f]{12} /m);
    expect(said(await berth('tag', 'localhost/cli:1', 'localhost/cli:3'))).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(said(await berth('save', '-o', '/tmp/cli.tar', 'localhost/cli:3'))).toMatchObject({ code: 0, stderr: '' });
    expect(said(await berth('rmi', 'localhost/cli:3'))).toMatchObject({ code: 0 });
    const [inspected] = JSON.parse((await berth('inspect', 'localhost/cli:1')).text()) as { names: string[] }[];
    expect(inspected?.names).toEqual(['localhost/cli:1']);
    expect((await berth('load', '/tmp/cli.tar', '--name', 'localhost/cli:4')).code).toBe(0);
    await machine.check(['rm', '/tmp/cli.tar']);
    await machine.check(['berth', 'image', 'rm', 'localhost/cli:4']);
    expect(said(await berth('rmi', 'localhost/cli:1', 'localhost/cli:2'))).toMatchObject({
      code: 1,
      stdout: 'localhost/cli:1\n',
    });
    expect((await berth('load', '/etc/passwd')).code).toBe(125);
  });

  it('info and version', async () => {
    expect((await berth('info')).text()).toMatch(/^Runtimes: +crun 1\./m);
    expect((await berth('version')).text()).toMatch(/^berth \d+\.\d+\.\d+\nberthd \d+\.\d+\.\d+ /);
    expect((await berth('--help')).text()).toContain('Usage: berth');
  });

  it('tells those who are not in the group berth what to do', async () => {
    const ran = await machine.exec(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'berth', 'ps']);
    expect(ran.code).toBe(125);
    expect(ran.stderr.toString()).toContain(
      "you may not talk to berthd at /run/berth/io.berth; use sudo, or join the group 'berth'",
    );
  });
});
