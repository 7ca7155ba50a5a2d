import { randomBytes } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ContainerClient, type Configuration } from '../../api/io-berth-container.ts';
import { UsageError, type Given, type Options } from './args.ts';
import type { Context } from '../command.ts';
import { askAgain } from '../session/persistence.ts';
import { isRefusal } from '../refusals.ts';

const POLICIES = ['always', 'missing', 'never', 'newer'] as const;
type Policy = (typeof POLICIES)[number];
const isPolicy = (text: string): text is Policy => POLICIES.some((policy) => policy === text);

/** What `run` and `create` do before there is a container, as podman spells it. */
// prettier-ignore
export const CREATION_OPTIONS = {
  pull: { kind: 'text', value: 'always|missing|never|newer', help: 'Pull the image first: always; when it is missing; never; or always, but use the one that is here where that fails (newer); default: missing' },
  'tls-verify': { kind: 'flag', default: true, help: 'Refuse a registry whose certificate cannot be verified' },
  quiet: { kind: 'flag', short: 'q', help: 'Do not show how far a pull is' },
  cidfile: { kind: 'text', value: 'FILE', help: 'Write the ID of the container to FILE, which must not be there yet' },
  replace: { kind: 'flag', help: 'Remove a container that has this --name already, even if it runs' },
} as const satisfies Options;

/**
 * Makes a container, and has its image pulled or another container removed before where that was asked for.
 * @returns its ID
 * @throws UsageError; VarlinkError as Create, Pull and Remove do
 */
export async function createContainer(
  args: Given<typeof CREATION_OPTIONS>,
  configuration: Configuration,
  context: Context,
): Promise<string> {
  const file = args.text('cidfile');
  if (file === undefined) return await makeContainer(args, configuration, context);
  const path = resolve(context.folder, file);
  await using opened = await newFile(path);
  try {
    const id = await makeContainer(args, configuration, context);
    await opened.writeFile(id);
    return id;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

async function newFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (cause) {
    throw new UsageError(`--cidfile ${path} cannot be made: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
}

async function makeContainer(
  args: Given<typeof CREATION_OPTIONS>,
  configuration: Configuration,
  context: Context,
): Promise<string> {
  const containers = new ContainerClient(context.berthd);
  const { image, name } = configuration;
  const policy = args.text('pull') ?? 'missing';
  if (!isPolicy(policy)) throw new UsageError(`--pull takes ${POLICIES.join(', ')}, not '${policy}'`);
  if (args.flag('replace') && name === undefined) throw new UsageError('--replace needs a --name');
  // By this ID it is made once, however often berthd goes away before it has answered.
  const reserved = randomBytes(32).toString('hex');
  const create = async (): Promise<string> =>
    (await askAgain(async () => await containers.create({ configuration, id: reserved }))).id;
  const pull = async (): Promise<void> => {
    if (image === undefined) return;
    const { pullImage } = await import('../pulling.ts'); // most images are here
    await pullImage({ image, verifyTls: args.flag('tls-verify') }, args.flag('quiet') ? 'quiet' : 'shown', context);
  };
  // An image is looked for before a name is, so nothing is removed for a container that cannot be.
  const replacing = async (): Promise<string> => {
    try {
      return await create();
    } catch (error) {
      if (!args.flag('replace') || name === undefined) throw error;
      if (!isRefusal(error, 'io.berth.Container.ContainerExists')) throw error;
    }
    await containers.remove({ container: name, force: true });
    return await create();
  };
  if (policy === 'always') await pull();
  // What is here already is as good as it gets; what is not is missed below.
  if (policy === 'newer') {
    await pull().catch((error: unknown) => {
      if (!isRefusal(error, 'io.berth.Image.PullFailed')) throw error;
    });
  }
  try {
    return await replacing();
  } catch (error) {
    if (policy !== 'missing' || !isRefusal(error, 'io.berth.Container.NoSuchImage')) throw error;
  }
  await pull();
  return await replacing();
}
