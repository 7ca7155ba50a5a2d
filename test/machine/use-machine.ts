import { inject, type TestContext } from 'vitest';
import { type BootOptions, Machine } from './machine.ts';
import { RootUnavailable } from './roots.ts';

declare module 'vitest' {
  interface ProvidedContext {
    machineLeader: number;
  }
}

/** The machine that all specs of a run share: berth is installed, the images are in IMAGES. Leave it as it was found. */
export function useMachine(): Machine {
  return Machine.attach(inject('machineLeader'));
}

/** A machine of the test's own; where its root cannot be built here, the test is skipped and the reason printed. */
export async function bootOrSkip({ skip }: TestContext, options: BootOptions): Promise<Machine> {
  try {
    return await Machine.boot(options);
  } catch (error) {
    if (!(error instanceof RootUnavailable)) throw error;
    process.stderr.write(`skipped: ${error.message}\n`);
    return skip(error.message);
  }
}
