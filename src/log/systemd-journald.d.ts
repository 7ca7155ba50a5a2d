declare module 'systemd-journald' {
  type Log = (message: string, fields?: Readonly<Record<string, string>>) => void;
  /** sd_journal_sendv(3), one method for each syslog level; fields are set on every entry of an instance. */
  export default class Journald {
    constructor(defaultFields?: Readonly<Record<string, string>>);
    readonly debug: Log;
    readonly info: Log;
    readonly warning: Log;
    readonly err: Log;
    readonly crit: Log;
  }
}
