/** What all other specs on a machine take for granted. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CACHE, PATH } from './cache.ts';
import { imageReference, IMAGES, type ImageName } from './images.ts';
import { leaks } from './leaks.ts';
import { Machine } from './machine.ts';
import { Process, ProcessFailed } from './process.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();

describe('the machine', () => {
  it('is a Debian with systemd as PID 1 and nothing failed', async () => {
    expect((await machine.check(['cat', '/proc/1/comm'])).text()).toBe('systemd');
    expect((await machine.check(['systemctl', 'is-system-running'])).text()).toBe('running');
    expect((await machine.sh('. /etc/os-release; echo "$VERSION_CODENAME"')).text()).toBe('trixie');
  });

  const programs = 'crun runc criu skopeo umoci podman varlinkctl jq socat docker-registry busctl ip nft';
  it.each(programs.split(' '))('has %s', async (program) => {
    await machine.check(['sh', '-c', 'command -v "$0"', program]);
  });

  it('has its own D-Bus, journal, network and control groups', async () => {
    await machine.sh('busctl call org.freedesktop.DBus / org.freedesktop.DBus GetId >/dev/null');
    await machine.sh('echo hello from here | systemd-cat --identifier=harness');
    await machine.check(['journalctl', '--sync']);
    expect(await machine.journal(undefined, '--identifier=harness', '--output=cat')).toContain('hello from here');
    expect((await machine.sh('ip -brief link show up | cut -d" " -f1')).text()).toBe('lo');
    expect((await machine.sh('stat --file-system --format=%T /sys/fs/cgroup')).text()).toBe('cgroup2fs');
  });

  it('starts transient units, in groups of their own', async () => {
    const argv = ['systemd-run', '--wait', '--pipe', '--quiet', '--unit=harness-transient', 'cat', '/proc/self/cgroup'];
    expect((await machine.check(argv)).text()).toMatch(/^0::\/system\.slice\/harness-transient\.service$/m);
  });

  it('mounts overlays in /var/lib/berth', async () => {
    const { stdout } = await machine.sh(`
      cd /var/lib/berth; mkdir harness; cd harness; mkdir lower upper work merged; echo low >lower/file
      mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged
      echo up >merged/file; mv merged/file merged/moved; cat upper/moved lower/file
      umount merged; cd ..; rm -rf harness`);
    expect(stdout.toString()).toBe('up\nlow\n');
  });
});

describe('a program in the machine', () => {
  it('gets its input, environment and folder, and gives back every byte', async () => {
    const input = Buffer.from([0, 255, 10, 195]);
    const echoed = await machine.exec(['cat'], { input });
    expect(echoed).toMatchObject({ code: 0, signal: null, stdout: input });
    const told = await machine.sh('pwd; echo "$GREETING"', { cwd: '/usr/share', env: { GREETING: 'hello' } });
    expect(told.text()).toBe('/usr/share\nhello');
  });

  it('ends with its code or its signal', async () => {
    expect(await machine.exec(['sh', '-c', 'exit 3'])).toMatchObject({ code: 3, signal: null });
    expect(await machine.exec(['sh', '-c', 'kill -TERM $$'])).toMatchObject({ code: null, signal: 'SIGTERM' });
    await expect(machine.check(['sh', '-c', 'echo why >&2; exit 4'])).rejects.toThrow(/exit code 4\nwhy/);
    await expect(machine.check(['false'])).rejects.toBeInstanceOf(ProcessFailed);
  });

  it('is killed with all its children when it takes too long', async () => {
    const tooLong = machine.exec(['sh', '-c', 'echo begun; sleep 4711 & wait'], { timeoutMs: 300 });
    await expect(tooLong).rejects.toThrow(/not done after 300 ms\nbegun/);
    expect((await machine.exec(['pgrep', '-f', 'sleep 4711'])).text()).toBe('');
  });

  it('handles the signals it is sent', async () => {
    const child = machine.spawn([
      'sh',
      '-c',
      'trap "echo caught; exit 5" TERM; echo ready; while :; do sleep 0.1; done',
    ]);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await child.ended).toEqual({ code: 5, signal: null });
  });

  it('is reached by the paths of its files and sockets', async () => {
    expect(await readFile(machine.path('/etc/hostname'), 'utf8')).toBe('berth-test\n');
    const server = machine.spawn(['socat', 'UNIX-LISTEN:/run/harness.sock,unlink-early', 'EXEC:echo hi']);
    await machine.sh('until [ -S /run/harness.sock ]; do :; done');
    const [reply] = (await once(connect(machine.path('/run/harness.sock')), 'data')) as [Buffer];
    expect(reply.toString()).toBe('hi\n');
    await server.ended;
  });
});

describe('the test images', () => {
  const store = 'containers-storage:[overlay@/var/lib/berth/harness+/run/harness]';

  it.each<ImageName>(['plain', 'layers', 'config'])('%s is there in three forms, all the same', async (name) => {
    const digests = await Promise.all(
      [imageReference.layout(name), imageReference.ociArchive(name), imageReference.dockerArchive(name)].map(
        async (reference) => (await machine.check(['skopeo', 'inspect', '--format={{.Layers}}', reference])).text(),
      ),
    );
    expect(digests[0]).toBe(digests[1]);
    expect(digests[2]).toMatch(/^\[sha256:/);
    await machine.check(['test', '-r', IMAGES, '-a', '!', '-w', IMAGES]);
  });

  it('layers unpacks to what it says it should', async () => {
    await machine.check(['skopeo', 'copy', '--quiet', imageReference.layout('layers'), `${store}layers`]);
    const { stdout } = await machine.sh(`
      cd /var/lib/berth/harness/overlay
      top=$(jq -r '.[0].layer' ../overlay-images/images.json)
      lower=$top/diff
      parent() { jq -r --arg id "$1" '.[] | select(.id == $id) | .parent // empty' ../overlay-layers/layers.json; }
      while top=$(parent "$top") && [ -n "$top" ]; do lower=$lower:$top/diff; done
      mkdir /run/harness-root
      LIBMOUNT_FORCE_MOUNT2=always mount -t overlay -o "ro,lowerdir=$lower" overlay /run/harness-root
      cd /run/harness-root
      LC_ALL=C.UTF-8 find tree -printf '/%p %m %U:%G %y\n' | sort >/run/found
      sed -e 's/ regular file$/ f/; s/ directory$/ d/; s/ symbolic link$/ l/; s/ fifo$/ p/' expected | sort >/run/expected
      diff /run/expected /run/found
      cat tree/replaced tree/hard-link tree/link-target tree/hard-link-two tree/symbolic-link tree/opaque/shown
      stat --format=%h tree/link-target
      cd /; umount /run/harness-root /var/lib/berth/harness/overlay; rm -r /run/harness-root /run/found /run/expected /run/harness /var/lib/berth/harness`);
    expect(stdout.toString()).toBe('third\nchanged\nlinked\nlinked\nlinked\nshown\n3\n');
  });
});

describe('machines of one’s own', () => {
  it('know nothing of one another, and leave nothing behind', async () => {
    {
      await using other = await Machine.boot();
      await other.sh('touch /var/lib/berth/mine /etc/mine; systemd-run --quiet --unit=mine sleep infinity');
      expect(other.leader).not.toBe(machine.leader);
      expect((await machine.exec(['ls', '/var/lib/berth/mine', '/etc/mine'])).code).not.toBe(0);
    }
    expect(await ofProcess(process.pid)).toEqual([]);
  });

  it('can be rebooted, and keep their files', async () => {
    await using own = await Machine.boot();
    await own.sh('touch /var/lib/berth/kept; touch /run/lost');
    await own.reboot();
    expect((await own.sh('ls /var/lib/berth; ls /run/lost || :')).text()).toBe('kept');
  });

  it('are gone when who booted them is killed, at any moment', async () => {
    const script = `const { Machine } = await import(${JSON.stringify(join(import.meta.dirname, 'machine.ts'))});
      console.log('booting'); const machine = await Machine.boot(); console.log('leader', machine.leader);`;
    for (const moment of ['booting', 'leader']) {
      const argv = [process.execPath, '--input-type=module', '--eval', script];
      const booter = new Process(argv, { env: { PATH, BERTH_CACHE: CACHE } });
      const { pid } = booter;
      let said = '';
      for await (const chunk of booter.stdout) if ((said += String(chunk)).includes(moment)) break;
      booter.destroy();
      await booter.ended.catch(() => {});
      await using _ = await Machine.boot(); // takes longer than the end of the other, and clears up after it
      expect(await ofProcess(pid ?? 0)).toEqual([]);
    }
    expect(await readdir(join(CACHE, 'machine'))).toEqual([]);
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(CACHE);
  });
});

it('finds what berth leaves behind', async () => {
  expect(await leaks(machine)).toEqual([]);
  await machine.sh('mkdir /run/berth/x; mount -t tmpfs tmpfs /run/berth/x; touch /run/berth/x/file');
  await machine.sh('systemd-run --quiet --unit=berth-x --slice=berth.slice sleep infinity');
  expect((await leaks(machine)).map((line) => line.split(/ (?=[/b])/)[0])).toEqual(
    expect.arrayContaining(['unit', 'mount', 'control group', 'file']),
  );
  expect(await leaks(machine, /./)).toEqual([]);
  await machine.sh('systemctl stop berth-x; umount /run/berth/x; rmdir /run/berth/x');
  expect(await leaks(machine)).toEqual([]);
});

/** The control groups of the machines that a process booted. */
async function ofProcess(pid: number): Promise<string[]> {
  const unified = await stat('/sys/fs/cgroup/unified').then(
    () => '/sys/fs/cgroup/unified',
    () => '/sys/fs/cgroup',
  );
  return (await readdir(unified)).filter((name) => name.startsWith(`berth-test-${pid.toString()}-`));
}
