/** prlimit(2), through koffi. Import this file dynamically: loading koffi costs 20 ms, which only the daemon can spare. */
import koffi, { type KoffiFunc } from 'koffi';
import { check, SystemCallFailed } from './libc.ts';
import { RESOURCES, type ResourceLimit } from './resource-limits.ts';

const prlimit: KoffiFunc<
  (pid: number, resource: number, wanted: BigUint64Array | null, before: BigUint64Array | null) => number
> = koffi.load(null).func('int prlimit64(int pid, int resource, uint64_t *new_limit, uint64_t *old_limit)');
const SELF = 0;

/**
 * What a process that this one starts can have of the limits: where a hard limit is above that of this process, that is raised, and
 * where it may not be, as root in a container may not, it is the limit. So systemd does with the limits of services.
 */
export function attainableLimits(limits: readonly ResourceLimit[]): ResourceLimit[] {
  return limits.map(({ resource, soft, hard }) => {
    const number = RESOURCES.indexOf(resource);
    const has = new BigUint64Array(2);
    check('prlimit', prlimit(SELF, number, null, has));
    const [ownSoft = 0n, ownHard = 0n] = has;
    if (hard <= ownHard || isRaised(number, ownSoft, hard)) return { resource, soft, hard };
    return { resource, soft: soft < ownHard ? soft : ownHard, hard: ownHard };
  });
}

function isRaised(number: number, soft: bigint, hard: bigint): boolean {
  try {
    check('prlimit', prlimit(SELF, number, BigUint64Array.of(soft, hard), null));
    return true;
  } catch (error) {
    if (error instanceof SystemCallFailed && error.code === 'EPERM') return false;
    throw error;
  }
}
