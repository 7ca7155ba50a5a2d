/**
 * `npm run demo`: berth from its package to a running container, on a fresh Debian 13 with systemd as PID 1.
 * With `--keep` the machine stays, with a shell in it, until the shell ends.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buildPackage } from '../../packaging/package.ts';
import { imageReference, IMAGES, imagesFolder } from './images.ts';
import { Machine } from './machine.ts';

const LOOP = 'trap exit TERM; n=0; while :; do n=$((n + 1)); echo "hello $n"; sleep 1; done';

/** What is shown, in order; each line is what one would type. */
const COMMANDS = [
  `berth load ${imageReference.ociArchive('plain').replace('oci-archive:', '')} --name plain`,
  'berth images',
  `berth run -d --name hello plain sh -c '${LOOP}'`,
  'berth run --rm plain sh -c "echo a container that ends; exit 3"; echo "exit code $?"',
  'systemctl set-property --runtime berth-hello.service MemoryMax=64M',
  'berth stats --no-stream hello',
  'berth ps',
  'systemctl status --no-pager berth-hello.service',
  'systemd-cgls --no-pager --unit berth.slice',
  'journalctl --no-pager -u berth-hello.service',
  `varlinkctl call /run/berth/io.berth io.berth.Container.Inspect '{"container":"hello"}'`,
  'varlinkctl call --more /run/berth/io.berth io.berth.Container.List {}',
];

const say = (line: string): boolean => process.stdout.write(`\n\u001B[1m${line}\u001B[0m\n`);

say('# building the package, the machine’s root and the test image');
const deb = await buildPackage({ types: 'unchecked' }); // `npm run check` looks at the types
const images = await imagesFolder();
process.stdout.write(`${deb}\n`);

say('# booting a machine and installing the package in it');
await using machine = await Machine.boot({ show: { [IMAGES]: images, '/srv/berth.deb': deb } });
await show('dpkg --install /srv/berth.deb');
for (const command of COMMANDS) await show(command);
if (process.argv.includes('--keep')) await shell();
say('# powering off');
await machine.exec(['systemctl', 'poweroff']);

/** Runs one command in the machine, with its output here. It may fail (`systemctl status` of what is stopped does). */
async function show(command: string): Promise<void> {
  say(`$ ${command}`);
  const child = machine.spawn(['sh', '-c', `exec 2>&1; ${command}`]);
  child.stdin.end();
  child.stdout.pipe(process.stdout, { end: false });
  const { code } = await child.ended;
  if (code !== 0) {
    process.exitCode = 1;
    process.stdout.write(`(exit code ${String(code)})\n`);
  }
}

async function shell(): Promise<void> {
  say('# a shell in the machine; leave it to power off');
  const argv = ['-t', machine.leader.toString(), '-a', '-r', '-w', '--', 'bash', '-l'];
  const env = { ...process.env, HOME: '/root', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
  await once(spawn('nsenter', argv, { stdio: 'inherit', env }), 'close');
}
