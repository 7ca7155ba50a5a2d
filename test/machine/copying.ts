/** Archives into containers and out of them, over varlink, and what is compared of them. */
import type { Machine } from './machine.ts';
import type { Berth } from './berth.ts';
import { Streams } from './streams.ts';

type Outcome = Awaited<Streams['last']>;

/** There may be a megabyte in one. */
const FRAME_BYTES = 1024 * 1024;

/** @returns the last word */
export async function copyTo(
  berth: Berth,
  container: string,
  path: string,
  archive: Buffer,
  options: { readonly chown?: boolean } = {},
): Promise<Outcome> {
  const streams = new Streams(await berth.containers.copyTo({ container, path, ...options }));
  for (let at = 0; at < archive.length; at += FRAME_BYTES) streams.type(archive.subarray(at, at + FRAME_BYTES));
  streams.endInput();
  return await streams.last;
}

export async function copyFrom(
  berth: Berth,
  container: string,
  path: string,
  name?: string,
): Promise<{ readonly archive: Buffer; readonly last: Outcome }> {
  const streams = new Streams(await berth.containers.copyFrom({ container, path, name }));
  const last = await streams.last;
  return { archive: streams.bytes(1), last };
}

/** An archive that GNU tar makes in a folder of the machine. */
export async function packed(machine: Machine, folder: string, ...args: string[]): Promise<Buffer> {
  const { stdout } = await machine.check([
    'tar',
    '--create',
    '--file=-',
    `--directory=${folder}`,
    '--format=posix',
    '--sparse',
    '--xattrs',
    '--numeric-owner',
    ...args,
  ]);
  return stdout;
}

export async function unpacked(machine: Machine, folder: string, archive: Buffer): Promise<void> {
  await machine.check(
    ['tar', '-C', folder, '--extract', '--file=-', '--xattrs', '--xattrs-include=*', '--numeric-owner', '-p'],
    { input: archive },
  );
}

const ATTRIBUTES = `import os, sys
for path in sys.stdin.buffer.read().split(b"\\0")[:-1]:
  print(path, [(name, os.getxattr(path, name)) for name in sorted(os.listxattr(path))])`;

/** Everything that can be said of the files of a folder of the machine, but of that itself. */
export async function manifest(machine: Machine, folder: string): Promise<string> {
  const { stdout } = await machine.sh(`cd '${folder}' && LC_ALL=C && export LC_ALL &&
    find . -mindepth 1 -printf '%P %y %m %U %G %n %l %T@ ' \\( -type f -printf '%s %b' -o -true \\) -printf '\\n' | sort &&
    find . -type f -print0 | sort -z | xargs -0 -r sha256sum &&
    find . \\( -type b -o -type c \\) -exec stat -c '%n %t %T' {} + | sort &&
    find . -type f -print0 | sort -z | python3 -c '${ATTRIBUTES}'`);
  return stdout.toString('latin1');
}

/** A folder with a file of every kind that an archive can have. */
export const EVERY_KIND = `
mkdir -p d/e 'a name' && cd d
printf text > plain; chown 1234:5678 plain; chmod 4751 plain; touch -d '2001-02-03 04:05:06.789' plain
ln plain e/hard; ln -s ../nowhere dangling; ln -s /etc/passwd absolute; mkfifo fifo; mknod null c 1 3; mknod disk b 7 99
truncate -s 20M sparse; printf end | dd of=sparse bs=1 seek=20000000 conv=notrunc status=none
long=$(printf '%0200d' 7); printf x > "$long"; mkdir "e/$long"; printf y > "e/$long/$long"
printf z > "$(printf 'latin1-\\351')"; printf z > "$(printf 'new\\nline')"; printf z > 'a\\b&c,d'; printf z > -x
mkdir sticky; chmod 1777 sticky; : > empty
python3 -c 'import os; os.setxattr("plain", "user.note", b"hello")
os.setxattr("empty", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))'
touch -d '2001-02-03 04:05:06.789' plain
touch -h -d '1999-12-31 23:59:59.5' dangling; chown -h 3:4 dangling
`;
