/** The standard streams of a container: where they go, and how the next berthd finds them. */
import type { Relay } from '../../relay/relay.ts';
import type { NewRelay, RelayRequest } from '../../relay/relay-request.ts';
import type { TerminalSize } from '../../stream/control.ts';
import type { Container } from '../container.ts';
import { shortId } from '../names.ts';
import type { Ports } from '../ports.ts';
import { hasLife } from '../status.ts';
import { DAEMON_UNIT, STREAMS_UNIT } from '../unit-names.ts';
import type { UnitStreams } from './unit.ts';

const STDOUT_PRIORITY = 6;
const STDERR_PRIORITY = 3;

export interface OpenStreams extends UnitStreams, Disposable {
  /** Where the runtime sends the terminal. */
  readonly consoleSocket: string | undefined;
  /** The size that the terminal begins with, where a client has said one. */
  readonly terminalSize: TerminalSize | undefined;
}

export const relayKeyOf = ({ id }: Pick<Container, 'id'>): string => shortId(id);

/**
 * Opens what a new run of the unit is given; dispose of it once the unit has it.
 * @param opened told of the relay, if there is one
 */
export async function openStreams(
  ports: Pick<Ports, 'index' | 'relays' | 'journal'>,
  container: Container,
  opened?: (relay: Relay) => void,
): Promise<OpenStreams> {
  using opening = new DisposableStack();
  let relayed: NewRelay | undefined;
  if (container.config.streams === 'relay') {
    relayed = opening.use(
      await ports.relays.open(
        relayKeyOf(container),
        relayRequest(ports, container, opened === undefined ? 'none' : 'awaited'),
      ),
    );
    opened?.(relayed.relay);
  }
  // With a terminal these are the runtime's own, not the container's.
  const journal = (priority: number): number =>
    opening.use(ports.journal.openStream({ identifier: container.name, unit: container.unit, priority })).fd;
  const stdout = relayed?.stdout ?? journal(STDOUT_PRIORITY);
  const stderr = relayed?.stderr ?? journal(STDERR_PRIORITY);
  const all = opening.move();
  return {
    stdin: relayed?.stdin,
    stdout,
    stderr,
    consoleSocket: relayed?.consoleSocket,
    terminalSize: relayed?.relay.size,
    [Symbol.dispose]: () => {
      all.dispose();
    },
  };
}

/** Goes on with the streams that an earlier berthd has left. */
export async function recoverStreams(ports: Pick<Ports, 'index' | 'relays'>, container: Container): Promise<void> {
  if (container.config.streams === 'relay')
    await ports.relays.recover(relayKeyOf(container), relayRequest(ports, container, 'none'));
}

function relayRequest(
  { index }: Pick<Ports, 'index'>,
  { id, name, unit, config }: Container,
  client: RelayRequest['client'],
): RelayRequest {
  return {
    form: config.terminal ? 'terminal' : 'pipes',
    stdin: config.stdin ? 'open' : 'none',
    client,
    log:
      config.logDriver === 'none'
        ? undefined
        : {
            fields: {
              SYSLOG_IDENTIFIER: name,
              // journald finds the unit of OBJECT_PID as long as that lives; this is for what is read later.
              OBJECT_SYSTEMD_UNIT: unit,
              CONTAINER_ID: shortId(id),
              CONTAINER_ID_FULL: id,
              CONTAINER_NAME: name,
              IMAGE_NAME: config.image,
            },
            pid: () => {
              const status = index.get(id)?.status;
              return status !== undefined && hasLife(status) ? status.pid : undefined;
            },
          },
  };
}

/**
 * Which entries of the journal are lines of a container: its own, and those that berthd has written for it. Nothing else can write
 * such, even if it is root and reaches journald's socket: the kernel says whose entry it is, and another's name takes CAP_SYS_ADMIN.
 */
export function linesOf({ id }: Pick<Container, 'id'>): {
  readonly matches: Readonly<Record<string, string>>;
  readonly oneOf: readonly Readonly<Record<string, string>>[];
} {
  // Those of berthd itself were written when there was no other unit to write them for.
  const relayed = [STREAMS_UNIT, DAEMON_UNIT].flatMap((unit) =>
    ['stdout', 'stderr'].map((stream) => ({
      _TRANSPORT: 'journal',
      _UID: '0',
      _SYSTEMD_UNIT: unit,
      BERTH_STREAM: stream,
    })),
  );
  return { matches: { CONTAINER_ID_FULL: id }, oneOf: [{ _TRANSPORT: 'stdout' }, ...relayed] };
}

/** The container has ended: what it said is handed out, and the streams are given back unless its unit is on its way up again. */
export function putStreamsAway(ports: Pick<Ports, 'relays' | 'units' | 'log'>, container: Container): void {
  finish(ports, container, async () => await isOnItsWayBack(ports, container));
}

/** A start has failed, and nobody looks at its unit again: the streams end when systemd lets go of them. */
export function giveStreamsUp(ports: Pick<Ports, 'relays' | 'log'>, container: Container): void {
  finish(ports, container, undefined);
}

function finish(
  { relays, log }: Pick<Ports, 'relays' | 'log'>,
  container: Container,
  comesBack: (() => Promise<boolean>) | undefined,
): void {
  relays.finish(relayKeyOf(container), comesBack).catch((error: unknown) => {
    const containerName = container.name;
    log.error('The streams of a container that has ended could not be put away', { containerName, error });
  });
}

/** Whether the unit is not down for good: systemd gives the next run the descriptors that this one had. */
export async function isOnItsWayBack({ units }: Pick<Ports, 'units'>, { unit, config }: Container): Promise<boolean> {
  // Without a policy only a job brings it back, such as that of `systemctl restart`; of that systemd has told.
  if (config.restartPolicy === 'no' && units.lastTold(unit)?.jobId === undefined) return false;
  const status = await units.service(unit);
  if (status === undefined) return false;
  const isDown = status.activeState === 'inactive' || status.activeState === 'failed';
  return !isDown || status.jobId !== undefined || status.subState.endsWith('before-auto-restart');
}
