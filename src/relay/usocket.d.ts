/** What berth uses of usocket, which has no declarations. */
declare module 'usocket' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';

  export class USocket extends Duplex {
    readonly fd: number;
  }
  export class UServer extends EventEmitter {
    readonly fd: number;
    listen(path: string): void;
    close(): void;
  }
}
