import type { Configuration } from './configuration.ts';

/** Of a unit file: the first start counts, too. */
const BURST = /^StartLimitBurst=(?<starts>\d+)$/;

/** How often systemd may bring a container back; undefined where nobody asks for a limit. */
export function restartLimitOf({
  restartLimit,
  unitProperties,
}: Pick<Configuration, 'restartLimit' | 'unitProperties'>): number | undefined {
  const burst = unitProperties.findLast((assignment) => BURST.test(assignment));
  const starts = burst === undefined ? undefined : BURST.exec(burst)?.groups?.['starts'];
  return starts === undefined ? restartLimit : Math.max(0, Number(starts) - 1);
}
