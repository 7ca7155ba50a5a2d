/** What the helper is asked for, as JSON, and what it answers. */
import * as v from 'valibot';

const Access = v.picklist(['read-only', 'writable']);

/** A container with a process: its files are what that sees. */
const RunningRoot = v.object({
  kind: v.literal('running'),
  pid: v.number(),
  /** The control group that the process is in or below. */
  group: v.string(),
});
export type RunningRoot = v.InferOutput<typeof RunningRoot>;

/** A part of the host's files that a container sees. */
const HostMount = v.object({
  source: v.string(),
  destination: v.string(),
  access: Access,
  extent: v.picklist(['it-alone', 'all-below-too']),
});
export type HostMount = v.InferOutput<typeof HostMount>;

/** A container without a process: its root is mounted as its unit does that, for as long as the helper, and its tar, is there. */
const ResidingRoot = v.object({
  kind: v.literal('residing'),
  /** What mounts the root at `target`, and the folder to run that in. */
  mount: v.array(v.string()),
  mountDirectory: v.string(),
  target: v.string(),
  access: Access,
  /** In that order. */
  mounts: v.array(HostMount),
});
export type ResidingRoot = v.InferOutput<typeof ResidingRoot>;

/** Numbers, as the host has them. */
const Owner = v.object({ uid: v.number(), gid: v.number() });
export type Owner = v.InferOutput<typeof Owner>;

const Stat = v.object({ kind: v.literal('stat'), path: v.string() });
/** Unpacks standard input into a folder. */
const Unpack = v.object({
  kind: v.literal('unpack'),
  path: v.string(),
  /** Whose all of it becomes; whose the archive says it is where there is none. */
  owner: v.optional(Owner),
});
/** Packs a path to standard output. */
const Pack = v.object({
  kind: v.literal('pack'),
  path: v.string(),
  /** What the archive calls it, instead of its own name. */
  name: v.optional(v.string()),
  /** `one`: what is mounted below the path is left out. */
  fileSystems: v.picklist(['all', 'one']),
});
export type UnpackRequest = v.InferOutput<typeof Unpack>;
export type PackRequest = v.InferOutput<typeof Pack>;

const Request = v.object({
  root: v.variant('kind', [RunningRoot, ResidingRoot]),
  action: v.variant('kind', [Stat, Unpack, Pack]),
});
export type HelperRequest = v.InferOutput<typeof Request>;
export type RootRequest = HelperRequest['root'];
const RequestText = v.pipe(v.string(), v.parseJson(), Request);

/** @throws ValiError */
export const parseRequest = (text: string): HelperRequest => v.parse(RequestText, text);

/** A file by itself; a link is not followed. */
const FileFacts = v.object({
  /** The type and the permissions, as stat(2) has them. */
  mode: v.number(),
  size: v.number(),
  uid: v.number(),
  gid: v.number(),
  /** In milliseconds since 1970. */
  modifiedAt: v.number(),
});
export type FileFacts = v.InferOutput<typeof FileFacts>;

const FileStat = v.object({
  /** The last part of its path. */
  name: v.string(),
  facts: FileFacts,
  /** Of a link. */
  link: v.optional(
    v.object({
      /** As it is written. */
      text: v.string(),
      /** What it leads to, and where that is in the container; undefined where that is nothing. */
      leadsTo: v.optional(v.object({ path: v.string(), facts: FileFacts })),
    }),
  ),
});
export type FileStat = v.InferOutput<typeof FileStat>;

/** Why nothing could be done; nothing is written where a tar was started. */
const Refusal = v.object({
  code: v.picklist(['NoSuchPath', 'NotADirectory', 'ReadOnlyPath', 'Gone', 'Failed']),
  reason: v.string(),
});
export type HelperRefusal = v.InferOutput<typeof Refusal>;

/** @throws ValiError */
export const parseStat = (text: string): FileStat => v.parse(v.pipe(v.string(), v.parseJson(), FileStat), text);
/** @throws ValiError */
export const parseRefusal = (text: string): HelperRefusal => v.parse(v.pipe(v.string(), v.parseJson(), Refusal), text);
