/**
 * Where berthd may die between two things that it does to the world. At each of these points it says where it is, to a port that
 * does nothing: a test puts something there that kills it. What the next berthd makes of it is in src/supervisor/steps.ts.
 */
export const FAULT_POINTS = [
  'create: row written',
  'wish: row written',
  'wish: description written',
  'launch: old unit forgotten',
  'launch: unit renamed',
  'launch: folder prepared',
  'launch: streams open',
  'launch: bundle written',
  'launch: mark to wait made',
  'launch: set-up waits',
  'launch: set-up let through',
  'launch: container created',
  'launch: container handed over',
  'launch: unit started',
  'launch: unit refused',
  'launch: failed state cleared',
  'start: process started',
  'start: mark to wait removed',
  'stop: thawed',
  'stop: stop signal sent',
  'stop: time given',
  'stop: unit down',
  'stop: failed state cleared',
  'kill: marked',
  'kill: unit thawed',
  'kill: signal sent',
  'pause: thaw arranged',
  'pause: frozen',
  'pause: systemd told',
  'unpause: thawed',
  'cleanup: unit forgotten',
  'cleanup: runtime record deleted',
  'cleanup: root unmounted',
  'batch: step done',
  'remove: written down',
  'remove: unit forgotten',
  'remove: sessions ended',
  'remove: streams ended',
  'remove: runtime record deleted',
  'remove: root unmounted',
  'remove: folder deleted',
  'remove: row deleted',
  'update: unit changed',
  'update: row written',
  'update: description written',
  'rename: row written',
  'rename: description written',
  'exec: written down',
  'exec: process waits',
  'exec: unit started',
  'exec: command started',
  'exec: output handed out',
  'store: image stored',
  'store: name written',
  'store: name moved',
  'store: image deleted',
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

/** Told of each point as it is reached. */
export type Faults = (point: FaultPoint) => void;

/** Production's. */
export const noFaults: Faults = () => undefined;
