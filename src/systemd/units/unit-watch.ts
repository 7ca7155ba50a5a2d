/** From systemd's signals to facts: for those who wait for a job, and for those who follow the changes. */
import type { BusSignal } from '../bus/bus.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { GroupMoves } from '../process/group-moves.ts';
import type { JobWaiters } from './job-waiters.ts';
import type { ServiceCache } from './service-cache.ts';
import { decodeServiceFacts, decodeUnitFacts, PropertyReader, textOf } from './unit-decoding.ts';
import { unitOfPath } from '../../unit-file/unit-name.ts';
import type { ServiceFacts } from './unit-status.ts';

const UNIT = 'org.freedesktop.systemd1.Unit';
const SERVICE = 'org.freedesktop.systemd1.Service';

/** Who is told what systemd says. */
export interface Told {
  readonly jobs: JobWaiters;
  readonly feed: ChangeFeed;
  readonly told: ServiceCache;
  readonly moves: Pick<GroupMoves, 'expect'> | undefined;
}

export class UnitWatch {
  readonly #jobs: JobWaiters;
  readonly #feed: ChangeFeed;
  readonly #told: ServiceCache;
  readonly #moves: Told['moves'];
  /** A service's own facts come first, and the signal with those of every unit is the very next. */
  #service: { readonly path: string; readonly facts: ServiceFacts } | undefined;

  constructor({ jobs, feed, told, moves }: Told) {
    this.#jobs = jobs;
    this.#feed = feed;
    this.#told = told;
    this.#moves = moves;
  }

  /** Whether anybody is to be told what signals of this object tell. */
  wants(path: string): boolean {
    const unit = unitOfPath(path);
    return unit === undefined || this.#concerns(unit);
  }

  received({ member, path, body }: BusSignal): void {
    switch (member) {
      case 'PropertiesChanged':
        this.#changed(path, textOf(body[0]), body[1]);
        break;
      case 'JobRemoved':
        this.#jobs.ended(textOf(body[1]), textOf(body[3]));
        break;
      case 'UnitRemoved':
        this.#told.removed(textOf(body[0]));
        this.#feed.publish({ kind: 'removed', unit: textOf(body[0]) });
        break;
      case 'Reloading':
        if (body[0] === false) this.missed();
        break;
      default:
    }
  }

  /** Signals may have gone by unheard. */
  missed(): void {
    this.#service = undefined;
    this.#told.missed();
    this.#feed.publish({ kind: 'resync' });
  }

  #changed(path: string, type: string, properties: unknown): void {
    const unit = unitOfPath(path);
    if (unit === undefined || !this.#concerns(unit)) return;
    if (type === SERVICE) this.#service = { path, facts: decodeServiceFacts(new PropertyReader(properties)) };
    if (type !== UNIT) return;
    const service = this.#service?.path === path ? this.#service.facts : undefined;
    const facts = decodeUnitFacts(new PropertyReader(properties), service);
    // Its ExecStopPost= is not a process of the unit's group yet.
    if (facts.subState === 'stop-post') this.#moves?.expect();
    this.#told.changed(unit, service === undefined ? undefined : { ...facts, ...service });
    this.#jobs.told(unit, facts);
    this.#feed.publish({ kind: 'changed', unit, ...facts });
  }

  #concerns(unit: string): boolean {
    return this.#told.concerns(unit) || this.#jobs.concerns(unit) || this.#feed.concerns(unit);
  }
}
