/** The containers of this host: every verb, bound to what it needs of the world. */
import { bound } from '../lib/bound.ts';
import { attach, demandInput, resize, said } from './operations/attach.ts';
import { batch } from './operations/batch.ts';
import { cleanup } from './operations/cleanup.ts';
import { connect, disconnect } from './operations/connect.ts';
import { create } from './operations/create.ts';
import { enforceable } from './operations/demand-controllers.ts';
import { init } from './operations/init.ts';
import { bundleOf, inspect, limits, list } from './operations/inspect.ts';
import { kill } from './operations/kill.ts';
import { logs } from './operations/logs.ts';
import { pause, unpause } from './operations/pause.ts';
import { prune } from './operations/prune.ts';
import { reloadNetwork } from './operations/reload-network.ts';
import { remove } from './operations/remove.ts';
import { rename } from './operations/rename.ts';
import { restart } from './operations/restart.ts';
import { start } from './operations/start.ts';
import { startWanted } from './operations/start-wanted.ts';
import { stats } from './operations/stats.ts';
import { stop } from './operations/stop.ts';
import { top } from './operations/top.ts';
import { update } from './operations/update.ts';
import { wait } from './operations/wait.ts';
import type { Ports } from './ports.ts';

export type Containers = ReturnType<typeof containersOn>;

export const containersOn = (ports: Ports) => ({
  attach: bound(ports, attach),
  batch: bound(ports, batch),
  bundleOf: bound(ports, bundleOf),
  cleanup: bound(ports, cleanup),
  connect: bound(ports, connect),
  create: bound(ports, create),
  demandInput: bound(ports, demandInput),
  disconnect: bound(ports, disconnect),
  enforceable: bound(ports, enforceable),
  init: bound(ports, init),
  inspect: bound(ports, inspect),
  kill: bound(ports, kill),
  limits: bound(ports, limits),
  list: bound(ports, list),
  logs: bound(ports, logs),
  now: ports.now,
  pause: bound(ports, pause),
  prune: bound(ports, prune),
  reloadNetwork: bound(ports, reloadNetwork),
  remove: bound(ports, remove),
  rename: bound(ports, rename),
  resize: bound(ports, resize),
  restart: bound(ports, restart),
  said: bound(ports, said),
  start: bound(ports, start),
  startWanted: bound(ports, startWanted),
  stats: bound(ports, stats),
  stop: bound(ports, stop),
  top: bound(ports, top),
  unpause: bound(ports, unpause),
  update: bound(ports, update),
  wait: bound(ports, wait),
});
