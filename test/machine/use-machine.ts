import { inject } from 'vitest';
import { Machine } from './machine.ts';

declare module 'vitest' {
  interface ProvidedContext {
    machineLeader: number;
  }
}

/** The machine that all specs of a run share: berth is installed, the images are in IMAGES. Leave it as it was found. */
export function useMachine(): Machine {
  return Machine.attach(inject('machineLeader'));
}
