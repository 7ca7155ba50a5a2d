/**
 * What images, containers and the files that belong to them may say of themselves, and what must not come of it. Each of these
 * lies, or says more than anybody can take. (Archives of images that lie: hostile-images.test.ts.)
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import type { Outcome } from './process.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let client: Berth;
useBerth(machine, (connected) => {
  client = connected;
});
const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';

const berth = async (...argv: readonly string[]): Promise<Outcome> =>
  await machine.exec(['berth', ...argv], { timeoutMs: 20_000 });
/** Of what is run in a container of the plain image. */
const said = async (options: readonly string[], ...command: readonly string[]): Promise<string> =>
  (await berth('run', '--rm', ...options, await client.image('plain'), ...command)).text();
/** All that it said, its exit code last. */
const whole = ({ code, stdout, stderr }: Outcome): string => `${stdout.toString()}${stderr.toString()}${String(code)}`;

/** The root of a container that is a folder, with files that the test makes in it. */
const ROOT = '/srv/hostile';
const root = async (script: string): Promise<void> => {
  await machine.sh(`
    rm -rf ${ROOT}; mkdir -p ${ROOT}/bin ${ROOT}/etc ${ROOT}/proc ${ROOT}/sys ${ROOT}/dev ${ROOT}/tmp; cd ${ROOT}
    cp /bin/busybox bin/; for applet in sh id grep sleep true mkfifo rm ln; do ln -s busybox bin/$applet; done
    ${script}`);
};
const inRoot = async (options: readonly string[], ...command: readonly string[]): Promise<Outcome> =>
  await berth('run', '--rm', ...options, '--rootfs', ROOT, ...command);

beforeAll(async () => {
  await machine.sh('mkdir -p /srv/profiles');
});
afterAll(async () => {
  await machine.sh(`rm -rf ${ROOT} /srv/profiles`);
});

describe('a passwd file that calls people by numbers', () => {
  const passwd = `printf '1000:x:0:0::/:/bin/sh\\n4294967296:x:0:0::/:/bin/sh\\napp:x:5:6::/:/bin/sh\\n' > etc/passwd
    printf '50:x:0:\\nstaff:x:7:app\\n' > etc/group`;

  it('makes nobody root', async () => {
    await root(passwd);
    expect((await inRoot(['-u', '1000:50'], 'id')).text()).toBe('uid=1000 gid=50 groups=50');
    expect((await inRoot(['-u', 'app', '--group-add', '50'], 'grep', 'Groups', '/proc/self/status')).text()).toBe(
      'Groups:\t6 7 50',
    );
    await berth('run', '-d', '--name', 'x', '--rootfs', ROOT, 'sh', '-c', FOREVER);
    expect((await berth('exec', '-u', '1000:50', 'x', 'id', '-u')).text()).toBe('1000');
    expect((await berth('exec', '-u', '1000:50', 'x', 'id', '-g')).text()).toBe('50');
  });

  it.each(['4294967296', '4294967295', '18446744073709551616', '0:4294967296', '-1', '1000:50:0'])(
    'does not know what user %s is',
    async (user) => {
      await root(passwd);
      const ran = await inRoot([`--user=${user}`], 'id');
      expect([ran.code, ran.text()]).toEqual([125, '']);
      await berth('run', '-d', '--name', 'x', '--rootfs', ROOT, 'sh', '-c', FOREVER);
      expect(await berth('exec', `--user=${user}`, 'x', 'id')).toMatchObject({ code: 125 });
    },
  );
});

describe('a user', () => {
  it.each([
    ['app', '1000 2000'],
    ['1000:50', '50'],
    ['0', '0'],
  ])('%s has the primary group among the others, which cannot be set aside', async (user, groups) => {
    const status = ['grep', 'Groups', '/proc/self/status'];
    expect(await said(['-u', user], ...status)).toBe(`Groups:\t${groups}`);
    await client.run('x', FOREVER);
    expect((await berth('exec', '-u', user, 'x', ...status)).text()).toBe(`Groups:\t${groups}`);
  });

  it.each(['crun', 'runc'])(
    'who is not root has what was asked for by name, and nobody else has it, with %s',
    async (runtime) => {
      await berth(
        'run',
        '-d',
        '--name=x',
        `--runtime=${runtime}`,
        '-u',
        'app',
        '--cap-add',
        'NET_RAW',
        await client.image('plain'),
        'sh',
        '-c',
        FOREVER,
      );
      const effective = async (...options: string[]): Promise<string> =>
        (await berth('exec', ...options, 'x', 'grep', 'CapEff', '/proc/self/status')).text();
      expect(await effective()).toBe('CapEff:\t0000000000002000');
      expect(await effective('-u', 'nobody')).toBe('CapEff:\t0000000000000000');
    },
  );

  it('has all that the host can give, but for what is taken away', async () => {
    const host = BigInt(`0x${(await machine.sh('grep CapBnd /proc/1/status')).text().split('\t')[1] ?? ''}`);
    const line = ['grep', 'CapEff', '/proc/self/status'];
    const effective = async (...options: string[]): Promise<bigint> =>
      BigInt(`0x${(await said(options, ...line)).split('\t')[1] ?? ''}`);
    const withoutRaw = host & ~(1n << 13n);
    expect(await effective('--cap-add', 'ALL', '--cap-drop', 'NET_RAW')).toBe(withoutRaw);
    expect(await effective('--privileged', '--cap-drop', 'NET_RAW')).toBe(withoutRaw);
    expect(await effective('-u', 'app', '--cap-add', 'ALL')).toBe(host);
    expect(await effective('-u', 'app', '--privileged')).toBe(0n);
  });
});

describe('a seccomp profile', () => {
  const under = async (profile: string, runtime: string, ...command: string[]): Promise<Outcome> => {
    await machine.sh(`printf %s '${profile}' > /srv/profiles/p.json`);
    const options = ['--runtime', runtime, '--security-opt', 'seccomp=/srv/profiles/p.json'];
    return await berth('run', '--rm', ...options, await client.image('plain'), ...command);
  };
  const LAST = '18446744073709551615';
  const args = `[{"index":1,"value":${LAST},"op":"SCMP_CMP_NE"}]`;

  it.each(['crun', 'runc'])('needs no rules, and has 64 bits, with %s', async (runtime) => {
    expect(await under('{"defaultAction":"SCMP_ACT_LOG"}', runtime, 'true')).toMatchObject({ code: 0 });
    const rule = `{"name":"mkdir","action":"SCMP_ACT_ERRNO","errno":"EXDEV","args":${args}}`;
    const ran = await under(`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[${rule}]}`, runtime, 'mkdir', '/x');
    expect(whole(ran)).toMatch(/cross-device link/);
  });

  it.each([
    '{"defaultAction":"SCMP_ACT_ALLOW","sycalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}',
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_DENY"}]}',
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO","arg":[]}]}',
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"name":"rmdir","action":"SCMP_ACT_ERRNO"}]}',
  ])('of which a part is not understood is no profile: %s', async (profile) => {
    const ran = await under(profile, 'crun', 'mkdir', '/x');
    expect([ran.code, ran.stderr.toString()]).toEqual([125, expect.stringContaining('it is no seccomp profile')]);
  });

  it('is told of flags and listeners, which are not dropped', async () => {
    const ran = await under(
      '{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_NONSENSE"]}',
      'crun',
      'true',
    );
    expect(whole(ran)).toMatch(/SECCOMP_FILTER_FLAG_NONSENSE.*125$/s);
    const notify =
      '{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/srv/profiles/none.sock","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]}';
    expect(whole(await under(notify, 'crun', 'mkdir', '/x'))).toMatch(/none\.sock.*125$/s);
  });
});

describe('who the users are', () => {
  const alice = "mkdir -p usr/etc; printf 'alice:x:7:8::/home:/bin/sh\\n' > usr/etc/passwd";

  it.each([
    ['a link of the image to another file', `${alice}; ln -s ../usr/etc/passwd etc/passwd`],
    ['a link that begins at the root', `${alice}; ln -s /usr/etc/passwd etc/passwd`],
    ['a folder that is a link', `rmdir etc; ${alice}; ln -s usr/etc etc`],
    ['a link of more steps back than there are', `${alice}; ln -s ../../../../usr/etc/passwd etc/passwd`],
  ])('is known through %s', async (_, script) => {
    await root(script);
    expect((await inRoot(['-u', 'alice'], 'id', '-u')).text()).toBe('7');
    await berth('run', '-d', '--name', 'x', '--rootfs', ROOT, 'sh', '-c', FOREVER);
    expect((await berth('exec', '-u', 'alice', 'x', 'id', '-u')).text()).toBe('7');
  });

  it.each(['/etc', '/etc/passwd'])('is known where %s is mounted', async (destination) => {
    await root(`mkdir -p mine; printf 'alice:x:7:8::/home:/bin/sh\\n' > mine/passwd`);
    const source = destination === '/etc' ? `${ROOT}/mine` : `${ROOT}/mine/passwd`;
    const options = ['-v', `${source}:${destination}`];
    expect(await said([...options, '-u', 'alice'], 'id', '-u')).toBe('7');
    await berth('run', '-d', '--name', 'x', ...options, await client.image('plain'), 'sh', '-c', FOREVER);
    expect((await berth('exec', '-u', 'alice', 'x', 'id', '-u')).text()).toBe('7');
    expect(await berth('exec', '-u', 'app', 'x', 'id', '-u')).toMatchObject({ code: 125 });
  });

  it.each([
    ['a link to the host', 'ln -s /etc/passwd etc/passwd'],
    ['a link out of the root', 'ln -s ../../../etc/passwd etc/passwd'],
    ['a link through /proc', 'ln -s /proc/1/root/etc/passwd etc/passwd'],
  ])('is not what the host says, by %s', async (_, script) => {
    await machine.sh('id daemon');
    await root(script);
    const ran = await inRoot(['-u', 'daemon'], 'id');
    expect([ran.code, ran.text()]).toEqual([125, '']);
    await berth('run', '-d', '--name', 'x', '--rootfs', ROOT, '-u', '0', 'sh', '-c', FOREVER);
    expect(await berth('exec', '-u', 'daemon', 'x', 'id')).toMatchObject({ code: 125 });
  });

  it.each([
    ['a FIFO', 'mkfifo etc/passwd'],
    ['a device', 'mknod etc/passwd c 1 5'],
    ['a folder', 'mkdir etc/passwd'],
    ['a huge file', 'truncate -s 100G etc/passwd'],
    ['a circle of links', 'ln -s passwd etc/passwd'],
    ['a group file that is a FIFO', 'mkfifo etc/group'],
  ])('is an error with %s, and keeps nobody waiting', async (_, script) => {
    await root(script);
    const ran = await inRoot(['-u', '7'], 'id');
    expect([ran.code, ran.stderr.toString()]).toEqual([
      125,
      expect.stringMatching(/'\/etc\/(?:passwd|group)' cannot be used: in the container, it/),
    ]);
  });

  it.each([
    ['a FIFO', 'mkfifo /etc/passwd'],
    ['a device', 'mknod /etc/passwd c 1 5'],
    ['a link to an endless file', 'ln -s /dev/zero /etc/passwd'],
    ['a link to a file of its process', 'ln -s /proc/1/maps /etc/passwd'],
  ])('is an error, or unknown, when the container puts %s there', async (_, script) => {
    await client.run('x', `rm /etc/passwd; ${script}; ${FOREVER}`, { addCapabilities: ['MKNOD'] });
    for (const user of ['app', 'daemon']) {
      const ran = await berth('exec', '-u', user, 'x', 'id');
      expect([ran.code, ran.text()]).toEqual([125, '']);
    }
    expect(await berth('exec', 'x', 'true')).toMatchObject({ code: 0 });
    await machine.check(['berth', 'stop', '-t', '0', 'x']);
    expect((await berth('start', 'x')).code).toBe(script.startsWith('ln') ? 0 : 125);
  });

  it('is soon told, or not, by a megabyte of nothing', async () => {
    await root(`head -c 1048576 /dev/zero | tr '\\0' '\\n' > etc/passwd; cp etc/passwd etc/group`);
    expect((await inRoot(['-u', '7:8'], 'id', '-u')).text()).toBe('7');
    expect(await inRoot(['-u', 'alice'], 'id', '-u')).toMatchObject({ code: 125 });
  });
});

describe('what a container says of its processes', () => {
  const daemon = '/proc/$(systemctl show -P MainPID berthd.service)';
  /** The most that berthd has had since it was asked to forget, in MiB. */
  const peak = async (): Promise<number> =>
    Number((await machine.sh(`grep VmHWM ${daemon}/status`)).text().replaceAll(/\D/g, '')) / 1024;

  it('is bounded: arguments of megabytes', async () => {
    const script = `a=$(head -c 120000 /dev/zero | tr '\\0' x); i=0
      while [ $i -lt 200 ]; do sh -c 'sleep 1000; :' $a $a $a $a $a $a $a $a $a $a $a $a & i=$((i + 1)); done; echo made; ${FOREVER}`;
    await client.run('x', script);
    await expect
      .poll(async () => (await client.containers.top({ container: 'x' })).processes?.length, { timeout: 20_000 })
      .toBeGreaterThan(400);
    await machine.sh(`echo 5 > ${daemon}/clear_refs`);
    const before = await peak();
    const tops = await Promise.all(
      Array.from({ length: 8 }, async () => await client.containers.top({ container: 'x' })),
    );
    const lengths = tops.flatMap(({ processes = [] }) => processes.map(({ command }) => command.length));
    expect(Math.max(...lengths)).toBe(4096);
    expect((await peak()) - before).toBeLessThan(100);
  });

  it('is what there is room for, of so many groups', async () => {
    const script = `mount -o remount,rw /sys/fs/cgroup; cd /sys/fs/cgroup; i=0
      while [ $i -lt 3000 ]; do mkdir g$i; i=$((i + 1)); done; ${FOREVER}`;
    await client.run('x', script, { privileged: true });
    await expect
      .poll(async () => (await client.containers.top({ container: 'x' })).incomplete, { timeout: 20_000 })
      .toBe(true);
    const ran = await berth('top', 'x');
    expect([ran.code, ran.stderr.toString()]).toEqual([0, 'berth: it has more processes than these\n']);
  });

  it('lacks the number that ten thousand groups hide', async () => {
    const script = 'import os, time; os.setgroups(range(100000, 165000)); time.sleep(1000)';
    await machine.sh(`systemd-run --quiet --unit=hostile-groups python3 -c '${script}'`);
    await client.run('x', FOREVER);
    const groups = '/proc/$(systemctl show -P MainPID hostile-groups)';
    await expect.poll(async () => (await machine.sh(`wc -c < ${groups}/status`)).text()).toMatch(/^\d{6}$/);
    await machine.sh(
      `echo $(systemctl show -P MainPID hostile-groups) > /sys/fs/cgroup/berth.slice/berth-x.service/container/cgroup.procs`,
    );
    const { processes = [] } = await client.containers.top({ container: 'x' });
    expect(processes.some((process) => process.containerPid === undefined && process.uid === 0)).toBe(true);
    await machine.sh('systemctl stop hostile-groups');
  });
});

describe('an image or a root that lies about what it is', () => {
  it.each([
    ['/etc/hosts is a link to the host', 'ln -s /srv/profiles/witness etc/hosts'],
    ['/etc/resolv.conf is a link out of the root', 'ln -s ../../../srv/profiles/witness etc/resolv.conf'],
    ['/etc/hostname is a link to a folder above', 'ln -s ../../profiles/witness etc/hostname'],
  ])('%s: nothing is written there', async (_, script) => {
    await machine.sh('echo untouched > /srv/profiles/witness');
    await root(script);
    await inRoot([], 'sh', '-c', 'echo mine > /etc/hosts; echo mine > /etc/resolv.conf; echo mine > /etc/hostname');
    expect((await machine.sh('cat /srv/profiles/witness')).text()).toBe('untouched');
  });

  it.each([
    ['a mount', ['-v', '/srv/profiles:/data']],
    ['a working folder', ['-w', '/data/made']],
    ['a tmpfs', ['--tmpfs', '/data/made']],
  ])('%s below a link to the host stays in the root', async (_, options) => {
    await machine.sh('rm -rf /srv/elsewhere; mkdir /srv/elsewhere');
    await root('ln -s /srv/elsewhere data');
    await inRoot(options, 'true');
    expect((await machine.sh('ls -A /srv/elsewhere; rmdir /srv/elsewhere')).text()).toBe('');
  });

  it.each([
    ['/proc', 'rmdir proc; ln -s /srv/profiles proc'],
    ['/dev', 'rmdir dev; ln -s ../../srv/profiles dev'],
    ['/sys', 'rmdir sys; ln -s /srv/profiles sys'],
  ])('%s is a link: nothing of the host is seen or changed', async (_, script) => {
    await machine.sh('echo untouched > /srv/profiles/witness; mount > /srv/profiles.before');
    await root(script);
    const ran = await inRoot([], 'sh', '-c', 'cat /proc/witness /dev/witness /sys/witness 2>/dev/null');
    expect(ran.text()).not.toContain('untouched');
    expect(
      (
        await machine.sh('cat /srv/profiles/witness; ls -A /srv/profiles | grep -v -e p.json -e witness || true')
      ).text(),
    ).toBe('untouched');
    expect((await machine.sh('mount | diff /srv/profiles.before - || true; rm /srv/profiles.before')).text()).toBe('');
  });

  it('a name of a process is not the line of another one', async () => {
    const program = '/tmp/x) Z 77 1 1';
    const script = `printf '#!/bin/sh\\n%s\\n' '${FOREVER}' > '${program}'; chmod +x '${program}'; exec '${program}'`;
    await client.run('x', script.replace('trap "exit 0" TERM; ', ''));
    const seen = async () => (await client.containers.top({ container: 'x' })).processes ?? [];
    await expect.poll(async () => (await seen()).some(({ command }) => command.includes(program))).toBe(true);
    expect((await seen()).filter(({ parentPid, state }) => parentPid === 77 || state === 'Z')).toEqual([]);
  });

  it('command lines and names of users with control characters reach no terminal', async () => {
    await client.run('x', `${FOREVER} # \u001B]0;owned\u0007`);
    const shown = (await berth('top', 'x')).stdout.toString();
    expect(shown).toContain('owned');
    expect(shown.includes('\u001B') || shown.includes('\u0007')).toBe(false);
    const user = await berth('run', '--rm', '-u', '\u001B[2Jnobody', await client.image('plain'), 'true');
    expect([user.code, user.stderr.includes('\u001B')]).toEqual([125, false]);
  });
});
