/**
 * Gives memory back to the system when the work is done. V8 keeps the pages of a young generation that a burst of work has
 * blown up, and collects nothing more as long as nothing is allocated; malloc keeps what lies between two blocks that are in use.
 * A daemon that mostly waits would hold three times of what it needs.
 */
import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';

export interface MemoryPorts {
  /** Calls back after each garbage collection that nobody asked for: there was work. @returns what ends that */
  readonly onCollection: (collected: () => void) => () => void;
  /** Resident memory, in bytes. */
  readonly resident: () => number;
  /** Collects all garbage, and gives back what is free. */
  readonly release: () => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Work that pauses for so long has ended. */
const QUIET_MS = 10_000;
/** Less than this is not worth a collection, which takes some 50 ms. */
const WORTH_BYTES = 8 * 1024 * 1024;

export class MemorySaver implements Disposable {
  readonly #ports: MemoryPorts;
  readonly #stop: () => void;
  #timer: NodeJS.Timeout | undefined;
  #leanest = 0;

  constructor(ports: MemoryPorts) {
    this.#ports = ports;
    this.#stop = ports.onCollection(() => {
      this.#await();
    });
  }

  [Symbol.dispose](): void {
    this.#stop();
    clearTimeout(this.#timer);
  }

  #await(): void {
    if (this.#timer !== undefined) {
      this.#timer.refresh();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#release().catch(this.#ports.failed);
    }, QUIET_MS).unref();
  }

  async #release(): Promise<void> {
    if (this.#ports.resident() - this.#leanest < WORTH_BYTES) return;
    await this.#ports.release();
    this.#leanest = this.#ports.resident();
  }
}

const OWN = constants.NODE_PERFORMANCE_GC_FLAGS_FORCED | constants.NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE;

/** Whether `release` was what collected. */
function isOwn(entry: PerformanceEntry): boolean {
  const detail = 'detail' in entry ? entry.detail : undefined;
  return typeof detail === 'object' && detail !== null && 'flags' in detail && (Number(detail.flags) & OWN) !== 0;
}

/** Of this process; undefined unless Node was started with `--expose-gc`. */
export function ownMemory(failed: (error: unknown) => void): MemoryPorts | undefined {
  const { gc: collect } = globalThis;
  if (collect === undefined) return undefined;
  return {
    failed,
    resident: () => process.memoryUsage.rss(),
    onCollection(collected) {
      const observer = new PerformanceObserver((entries) => {
        if (!entries.getEntries().every(isOwn)) collected();
      });
      observer.observe({ entryTypes: ['gc'] });
      return () => {
        observer.disconnect();
      };
    },
    async release() {
      const { mallocTrim } = await import('./libc.ts');
      // An ordinary collection leaves the pages with V8.
      collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
      mallocTrim();
    },
  };
}
