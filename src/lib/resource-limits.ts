/** The limits of getrlimit(2), as <asm-generic/resource.h> numbers them on every architecture that Node runs on. */
export const RESOURCES = [
  'CPU',
  'FSIZE',
  'DATA',
  'STACK',
  'CORE',
  'RSS',
  'NPROC',
  'NOFILE',
  'MEMLOCK',
  'AS',
  'LOCKS',
  'SIGPENDING',
  'MSGQUEUE',
  'NICE',
  'RTPRIO',
  'RTTIME',
] as const;
export type Resource = (typeof RESOURCES)[number];

/** 2⁶⁴ − 1 is unlimited. */
export interface ResourceLimit {
  readonly resource: Resource;
  readonly soft: bigint;
  readonly hard: bigint;
}
