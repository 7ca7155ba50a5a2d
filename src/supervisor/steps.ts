/**
 * What berthd does, step by step, and what the next start makes of it when it died there. berthd-recovery(7) has this table for people, a
 * test kills berthd at each of the points, and none can be left out.
 */
import type { FaultPoint } from '../container/faults.ts';

export interface Step {
  /** What is true at this point: what was done last, and is not followed up yet. */
  readonly done: string;
  /** What the next berthd sees, and does about it. */
  readonly next: string;
}

// prettier-ignore
export const STEPS: Readonly<Record<FaultPoint, Step>> = {
  'create: row written':            { done: 'the container is a row of the database',                    next: 'it is there, configured; the caller, who has no answer, finds it by its name' },
  'wish: row written':              { done: 'before a start, a stop or a kill: the row says what is wanted of it', next: 'the container is as it was; after a boot it is as it was wanted' },
  'wish: description written':      { done: 'its folder says it too',                                    next: 'the container is as it was; after a boot it is as it was wanted' },
  'launch: old unit forgotten':     { done: 'renamed: systemd has forgotten the unit of the old name',   next: 'the container is as it was; the next start does the same again' },
  'launch: unit renamed':           { done: 'the row has the unit of the new name',                      next: 'the container is as it was; the next start has nothing left to rename' },
  'launch: folder prepared':        { done: 'the folder is made, what an earlier run left in it is gone', next: 'the container is as it was, how it had ended is in the row; the next start prepares again' },
  'launch: addresses given':        { done: 'the row has the addresses that it is to have', next: 'the container is as it was; it keeps them' },
  'launch: ports reserved':         { done: 'its ports are kept for it in systemd\'s fd store', next: 'the container is as it was; they are let go of' },
  'launch: network described':      { done: 'what netavark is to be told lies in its folder', next: 'the container is as it was; it is written anew at each start' },
  'launch: streams open':           { done: 'the streams of the run are open',                           next: 'they went with the process, or are swept out of systemd\'s fd store' },
  'launch: bundle written':         { done: 'the OCI bundle and the description are written',            next: 'the container is as it was; both are written anew at each start' },
  'launch: mark to wait made':     { done: 'the mark that keeps the process from starting is there',        next: 'the container is as it was; the next start takes the mark away' },
  'launch: set-up waits':           { done: 'systemd is asked for the unit, in whose group it is to be set up', next: 'the unit\'s own program sets it up; after Start the process is started' },
  'launch: set-up let through':     { done: 'systemd has made the unit, the runtime creates the container in it', next: 'the unit\'s own program waits for the runtime and goes on where that stopped; after Start the process is started' },
  'launch: container created':      { done: 'the container is there, systemd does not know its process yet', next: 'the unit\'s own program tells systemd; after Start the process is started' },
  'launch: container handed over':  { done: 'systemd was told of the process, the mark that this was done is missing', next: 'the unit\'s own program tells it again; after Start the process is started' },
  'launch: unit started':          { done: 'systemd runs the unit, the process waits',                      next: 'after Start it is started; after Init it is created, and waits' },
  'launch: unit refused':           { done: 'the start of the unit has failed',                          next: 'it has not run: as it was before; the failed unit goes with the next start or the removal' },
  'launch: failed state cleared':   { done: 'systemd has forgotten the failed unit',                     next: 'as it was before, without the reason in its message' },
  'start: process started':        { done: 'the process runs, the mark is still there',                     next: 'running: the mark is taken away' },
  'start: mark to wait removed':    { done: 'the mark is gone',                                          next: 'running' },
  'stop: thawed':                   { done: 'the paused container runs again, to be stopped',            next: 'running; who wanted it stopped asks again' },
  'stop: stop signal sent':         { done: 'the process has the stop signal, systemd was not asked yet', next: 'running until it heeds the signal, then exited' },
  'stop: time given':               { done: 'systemd has sent the stop signal, and knows of the longer time', next: 'stopping until it heeds the signal, then exited' },
  'stop: unit down':                { done: 'the unit is down, and failed if it had to be killed',       next: 'exited, with its exit code; the failed unit goes with the next start or the removal' },
  'stop: failed state cleared':     { done: 'systemd has forgotten the failed unit',                     next: 'exited, with its exit code' },
  'kill: marked':                  { done: 'the unit is not to bring the container back, the signal is not sent', next: 'running, and not brought back when it ends; who wanted it killed asks again' },
  'kill: unit thawed':              { done: 'SIGKILL for a unit that somebody froze: it runs again, to be killed', next: 'running; who wanted it killed asks again' },
  'kill: signal sent':              { done: 'the process has the signal',                                next: 'whatever the process makes of it: running, or exited, with its exit code' },
  'pause: thaw arranged':           { done: 'the unit that stands for the pause is there',               next: 'running; that unit goes' },
  'pause: frozen':                  { done: 'the container\'s group is frozen, systemd was not told',    next: 'paused; systemd is told' },
  'pause: systemd told':            { done: '`systemctl status` says that it is paused',                 next: 'paused' },
  'unpause: thawed':                { done: 'it runs again, the unit that stands for the pause is still there', next: 'running; that unit goes' },
  'cleanup: unit forgotten':        { done: 'systemd has forgotten the unit that has ended',             next: 'exited, with its exit code; what is left goes with the next clean-up, start or removal' },
  'cleanup: runtime record deleted': { done: 'the runtime has forgotten it',                             next: 'exited, with its exit code; what is left goes with the next clean-up, start or removal' },
  'cleanup: root unmounted':        { done: 'its root is unmounted',                                     next: 'exited, with its exit code' },
  'cleanup: network given back':    { done: 'its namespace, rules and names are gone', next: 'exited, with its exit code; what is left goes with the next clean-up, start or removal' },
  'batch: step done':               { done: 'a step of the batch is done, the next is not begun',        next: 'what the steps so far have made of it; the caller, who has no answer, looks' },
  'remove: written down':           { done: 'the row says that it is being removed, its end is remembered', next: 'the removal goes on' },
  'remove: unit forgotten':         { done: 'systemd has forgotten the unit',                            next: 'the removal goes on' },
  'remove: sessions ended':         { done: 'its exec sessions have ended',                              next: 'the removal goes on' },
  'remove: streams ended':          { done: 'its streams are put away',                                  next: 'the removal goes on' },
  'remove: runtime record deleted': { done: 'the runtime has forgotten it',                              next: 'the removal goes on' },
  'remove: root unmounted':         { done: 'its root is unmounted',                                     next: 'the removal goes on' },
  'remove: network given back':     { done: 'its namespace, rules, names and ports are gone', next: 'the removal goes on' },
  'remove: folder deleted':         { done: 'its folder is gone',                                        next: 'the removal goes on; its exit code was remembered before' },
  'remove: volumes removed':       { done: 'the volumes that go with it are gone',                        next: 'the removal goes on' },
  'remove: row deleted':            { done: 'its row is gone',                                           next: 'nothing is left of it but how it ended' },
  'update: unit changed':           { done: 'the running unit has the new limits',                       next: 'the unit keeps them while it runs, later runs have the old ones: the caller, who has no answer, asks again' },
  'update: row written':            { done: 'the row has them too',                                      next: 'updated' },
  'update: description written':    { done: 'the folder has them too',                                   next: 'updated' },
  'rename: row written':            { done: 'the row has the new name',                                  next: 'renamed; the folder has the new name from the next start on' },
  'rename: description written':    { done: 'the folder has the new name too',                           next: 'renamed' },
  'connect: row written':           { done: 'the row has the network, and the address there', next: 'it is on the network: one that runs is set up there' },
  'connect: network set up':        { done: 'it has its interface on the network, its /etc files do not tell yet', next: 'it is on the network, and its files tell of it' },
  'disconnect: row written':        { done: 'the row does not have the network any more', next: 'it is not on the network: of one that runs it is taken back' },
  'disconnect: network given back': { done: 'its interface on the network is gone, its /etc files do not tell yet', next: 'it is not on the network, and its files do not tell of it' },
  'exec: written down':             { done: 'the session is written down as started',                    next: 'ended with 125: it was not started' },
  'exec: process waits':            { done: 'the helper waits, still a process of berthd.service',       next: 'ended with 125: the helper has run nothing and is gone' },
  'exec: unit started':             { done: 'the helper waits in the unit of the session',               next: 'ended with 125: the helper has run nothing and is gone' },
  'exec: command started':          { done: 'the helper was let through and has the runtime run the command', next: 'running; its streams are taken up where they were left' },
  'exec: output handed out':        { done: 'the command has ended, and its clients have all that it said', next: 'ended, with the exit code that the helper has written down' },
  'store: image stored':            { done: 'an image that was pulled or loaded is in the store, not yet with all its names', next: 'it is there; loading it again adds the names, and Prune removes one without' },
  'store: name written':            { done: 'the image has the name of the tag',                         next: 'it has' },
  'store: name moved':              { done: 'a name that is to go belongs to an image without content',  next: 'the name is gone; nobody is shown the image without content, which goes with the next removal' },
  'store: image deleted':           { done: 'the image is gone from the store',                          next: 'it is gone' },
  'volume: staged':                 { done: 'new volumes of a container are made, and it is not written down', next: 'they go; who wanted the container asks again' },
  'volume: content copied':         { done: 'the content of its place is copied beside the data of a new volume', next: 'the volume is as it was; the next start copies it again' },
  'volume: content whole':          { done: 'it is known that the copy is whole',                        next: 'the next start moves it in, before a container sees the volume' },
  'volume: content moved':          { done: 'the content is where containers see it, which is not written down', next: 'the next start finds nothing left to move' },
  'volume: set aside':              { done: 'a volume that is removed has no name any more',             next: 'what is left of it is deleted' },
};

/** The table as berthd-recovery(7) has it. */
export const stepsTable = (): string =>
  [
    '| berthd dies when | what is true then | what the next start makes of it |',
    '|---|---|---|',
    ...Object.entries(STEPS).map(([point, { done, next }]) => `| ${point} | ${done} | ${next} |`),
  ].join('\n');
