/**
 * The files of containers: what they are, and GNU tar at work on them. Each is a process of `helper/main.ts`, which goes into the
 * container's mounts; nothing of this process is ever in there.
 */
import { spawn } from 'node:child_process';
import { extname, join } from 'node:path';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { FilesRefused, TransferFailed } from './errors.ts';
import {
  parseRefusal,
  parseStat,
  type FileStat,
  type HelperRequest,
  type PackRequest,
  type RootRequest,
  type UnpackRequest,
} from './request.ts';

/** A tar at work. Whoever has it either waits for `ended` or kills it. */
export interface Transfer {
  /** What it unpacks. */
  readonly input: Writable;
  /** What it packs. */
  readonly output: Readable;
  /** Rejects with TransferFailed. */
  readonly ended: Promise<void>;
  readonly kill: () => void;
}

export interface ContainerFiles {
  /** @throws FilesRefused */
  stat(root: RootRequest, path: string, signal: AbortSignal): Promise<FileStat>;
  /** Resolves when the tar runs. @param signal kills it for as long as it does not. @throws FilesRefused */
  open(root: RootRequest, action: PackRequest | UnpackRequest, signal: AbortSignal): Promise<Transfer>;
}

/** The descriptor by which a helper is told what to do, and says that it cannot. */
const TALK = 3;
const HELPER = join(import.meta.dirname, 'helper', `main${extname(import.meta.filename)}`);
/** Of what a helper or its tar says of its troubles, and beside it of what a file is, with two paths. */
const MAX_SAID_BYTES = 65_536;
/** As much of it is passed on. */
const MAX_TOLD_CHARACTERS = 1000;
/** Some of the files changed while they were read: what was read is there. */
const CHANGED = 1;

export const containerFiles: ContainerFiles = {
  async stat(root, path, signal) {
    const helper = start({ root, action: { kind: 'stat', path } }, signal);
    const [answer] = await Promise.all([textOf(helper.stdout), demandNoRefusal(helper), helper.ended]);
    return parseStat(answer);
  },

  async open(root, action, signal) {
    const helper = start({ root, action }, signal);
    const { stdin, stdout, kill } = helper;
    const said = textOf(helper.stderr);
    const ended = helper.ended.then(async (end) => {
      if (end === 0 || (action.kind === 'pack' && end === CHANGED)) return;
      throw new TransferFailed(complaintIn(await said) ?? `tar was ended by ${end}`);
    });
    for (const promise of [said, ended]) promise.catch(() => undefined); // told to those who wait for them
    await demandNoRefusal(helper);
    return { input: stdin, output: stdout, ended, kill };
  },
};

interface Helper {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly talk: Duplex;
  /** With its exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly kill: () => void;
}

/** In a session of its own, so that nothing typed at a terminal reaches it, and with nothing of berthd's environment. */
function start(request: HelperRequest, signal: AbortSignal): Helper {
  const child = spawn(process.execPath, ['--no-warnings', HELPER], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: {},
    cwd: '/',
    detached: true,
  });
  const { stdin, stdout, stderr } = child;
  const talk = child.stdio[TALK];
  if (!(talk instanceof Duplex)) throw new Error('a helper has no descriptor to talk to it');
  const kill = (): void => {
    child.kill('SIGKILL');
    for (const stream of [stdin, stdout, stderr, talk]) stream.destroy();
  };
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      resolve(code ?? killedBy ?? 'nobody knows what');
    });
  });
  ended.catch(() => undefined); // told to those who wait for it
  if (signal.aborted) kill();
  else signal.addEventListener('abort', kill, { once: true });
  for (const stream of [stdin, talk]) stream.on('error', () => undefined); // it has ended, which is told
  talk.end(JSON.stringify(request));
  return { stdin, stdout, stderr, talk, ended, kill };
}

/** Waits until a helper has become a tar, or has ended. @throws FilesRefused */
async function demandNoRefusal({ talk }: Helper): Promise<void> {
  const refusal = await textOf(talk);
  if (refusal !== '') throw new FilesRefused(parseRefusal(refusal));
}

/** What there is to read, up to a limit. */
async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk) || bytes > MAX_SAID_BYTES) continue; // the rest is read, so that nobody waits
    chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_SAID_BYTES);
}

/** What went wrong first; that it exits with a failure needs not be said. */
function complaintIn(said: string): string | undefined {
  const [first] = said.split('\n').filter((line) => line !== '' && !line.includes('Exiting with failure'));
  return first?.replace(/^\/bin\/tar: /, '').slice(0, MAX_TOLD_CHARACTERS);
}
