import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = dirname(import.meta.dirname);

/** `unit` needs nothing but Node; `machine` runs on one booted machine, spec after spec. */
export default defineConfig({
  root,
  test: {
    passWithNoTests: false,
    projects: [
      {
        root,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/contract/**/*.test.ts'],
          environment: 'node',
          isolate: false, // half the time; the sources keep no state in modules
          testTimeout: 30_000, // a property takes half a second, and ten times that on a busy host
        },
      },
      {
        root,
        test: {
          name: 'machine',
          include: ['test/machine/**/*.test.ts'],
          environment: 'node',
          globalSetup: ['test/machine/global-setup.ts'],
          setupFiles: ['test/machine/setup.ts'],
          fileParallelism: false,
          isolate: false,
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 15_000 } }, // what is waited for comes at once, but on a host that is busy
        },
      },
    ],
  },
});
