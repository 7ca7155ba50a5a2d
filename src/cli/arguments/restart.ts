import type { RestartPolicy } from '../../api/io-berth-container.ts';
import { UsageError } from './args.ts';

export const RESTART_OPTION = {
  kind: 'text',
  value: 'no|on-failure[:N]|always|unless-stopped',
  help: 'Have systemd start it again when it has ended, the last two after a boot of the host, too; default: no',
} as const;

interface Restart {
  readonly restartPolicy: RestartPolicy;
  readonly restartLimit?: number;
}

/** `no`, `on-failure`, `on-failure:5`, `always`, `unless-stopped`. @throws UsageError */
export function parseRestart(text: string): Restart {
  if (text === 'no' || text === 'always') return { restartPolicy: text };
  if (text === 'unless-stopped') return { restartPolicy: 'unless_stopped' };
  const onFailure = /^on-failure(?::(?<limit>[1-9]\d{0,8}))?$/u.exec(text);
  if (onFailure === null)
    throw new UsageError(`--restart takes no, on-failure, on-failure:N, always or unless-stopped, not '${text}'`);
  const limit = onFailure.groups?.['limit'];
  return { restartPolicy: 'on_failure', ...(limit === undefined ? {} : { restartLimit: Number(limit) }) };
}
