/** What containers are called. A value of one of these types has been checked. */
import { randomBytes, randomInt } from 'node:crypto';
import { ContainerError } from './errors.ts';

declare const brand: unique symbol;
/** What people call a container, and its unit after it. */
export type ContainerName = string & { readonly [brand]: 'ContainerName' };
/** 64 hexadecimal digits; never used twice. */
export type ContainerId = string & { readonly [brand]: 'ContainerId' };

/** Exec sessions are units of the form berth-exec-ID.scope, so no container may be called like one. */
const RESERVED = /^exec-[0-9a-f]+$/;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,199}$/;
const ID = /^[0-9a-f]{64}$/;

const isContainerName = (text: string): text is ContainerName => NAME.test(text) && !RESERVED.test(text);
export const isContainerId = (text: string): text is ContainerId => ID.test(text);

/**
 * @param parameter where the client gave it
 * @throws ContainerError `InvalidName`
 */
export function parseContainerName(text: string, parameter: string): ContainerName {
  if (!isContainerName(text)) throw new ContainerError('InvalidName', { name: text, parameter });
  return text;
}

/** Whether `text` could be the beginning of an ID. */
export const isIdPrefix = (text: string): boolean => /^[0-9a-f]{1,64}$/.test(text);

/** @throws Error for what is no ID: it comes from our own database or folders, so that is a fault */
export function parseContainerId(text: string): ContainerId {
  if (!isContainerId(text)) throw new Error(`not a container ID: ${text}`);
  return text;
}

export const newContainerId = (): ContainerId => parseContainerId(randomBytes(32).toString('hex'));

/** The digits that people see, and that folders and the runtime's records are called by; as unique as the ID itself. */
export const shortId = (id: ContainerId): string => id.slice(0, 12);

const ADJECTIVES = [
  'able amber brave brisk calm clear coral deft eager early fair fond gentle glad keen kind lucid mellow merry neat',
  'noble plain proud quick quiet rapid ready sage sharp smart snug solid spry steady still sunny swift tidy vivid warm',
]
  .join(' ')
  .split(' ');
const NOUNS = [
  'anchor bark basin beacon bollard brig buoy canal capstan cutter davit deck dinghy dock ferry fjord galley harbour',
  'haven hawser helm hull jetty keel ketch lagoon lantern lugger mast mole mooring pier port quay reef rudder sail',
  'schooner shoal sloop spar tiller tug wharf winch yawl',
]
  .join(' ')
  .split(' ');

/** A name that can be said aloud, such as `quiet_harbour`; `isTaken` tells which are in use. */
export function generateName(isTaken: (name: ContainerName) => boolean): ContainerName {
  for (let attempt = 0; ; attempt++) {
    const suffix = attempt < 8 ? '' : String(randomInt(10 ** 6));
    const name = parseContainerName(`${pick(ADJECTIVES)}_${pick(NOUNS)}${suffix}`, 'configuration.name');
    if (!isTaken(name)) return name;
  }
}

const pick = (words: readonly string[]): string => words[randomInt(words.length)] ?? 'berth';
