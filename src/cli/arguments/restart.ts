import type { RestartPolicy } from '../../api/io-berth-container.ts';
import { UsageError } from './args.ts';

export const RESTART_OPTION = {
  kind: 'text',
  value: 'no|on-failure[:N]|always',
  help: 'Have systemd start it again when it has ended; default: no',
} as const;

interface Restart {
  readonly restartPolicy: RestartPolicy;
  readonly restartLimit?: number;
}

/** `no`, `on-failure`, `on-failure:5`, `always`. @throws UsageError */
export function parseRestart(text: string): Restart {
  if (text === 'no' || text === 'always') return { restartPolicy: text };
  const onFailure = /^on-failure(?::(?<limit>[1-9]\d{0,8}))?$/u.exec(text);
  if (onFailure === null) throw new UsageError(`--restart takes no, on-failure, on-failure:N or always, not '${text}'`);
  const limit = onFailure.groups?.['limit'];
  return { restartPolicy: 'on_failure', ...(limit === undefined ? {} : { restartLimit: Number(limit) }) };
}
