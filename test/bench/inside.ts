/**
 * The part of the benchmark that runs in the machine, on berth's own Node, so that no namespace lies between a client and a
 * service. Its arguments are the mode, the seed, and a part to be run alone; what it found goes to standard output, as JSON.
 */
import { connect } from '../../src/varlink/client.ts';
import { callsPerSecond, type Service } from './calls.ts';
import { fill, listOfMany, startsAtOnce, upAndDown } from './crowd.ts';
import {
  BERTH_CLI,
  berthVarlink,
  command,
  commandLine,
  PODMAN_CLI,
  podmanRest,
  silently,
  type Engine,
} from './engines.ts';
import { idle, perContainer } from './footprint.ts';
import { relayed } from './relayed.ts';
import { HttpSocket } from './http-socket.ts';
import { lifecycleTurns, managerFloor, runtimeFloor, SERVER } from './lifecycle.ts';
import { logTurns, removeLogs, writeLogs } from './logs.ts';
import { interleave, randomFrom, type Turn } from './measure.ts';
import { summaryOf, type Candidate, type Report, type Row } from './report.ts';
import { BERTH_SOCKET, PODMAN_SOCKET, prepare, PYTHON_SOCKET, writeText } from './prepare.ts';
import { berthSessions, podmanSessions, runtimeSessions } from './sessions-command.ts';
import { restSessions } from './sessions-rest.ts';
import { openRawTerminal, varlinkSessions } from './sessions-varlink.ts';
import { catTurn, EXEC, keyTurn, trueTurn, type Sessions } from './sessions.ts';

const SIZES = {
  full: {
    rounds: 40,
    lifeMs: 100_000,
    atOnce: 5,
    atOnceMs: 30_000,
    crowd: 200,
    crowds: 2,
    crowdMs: 25_000,
    calls: 6,
    many: 500,
    lists: 40,
    memory: 50,
    execs: 40,
    execMs: 40_000,
    keys: 8,
    keysMs: 30_000,
    cats: 4,
    catsMs: 45_000,
    catMiB: { exec: 64, run: 8 },
    logLines: 200_000,
    logs: 4,
    logsMs: 40_000,
    relayed: { starts: 40, idle: 150, mib: 256 },
  },
  quick: {
    rounds: 5,
    lifeMs: 12_000,
    atOnce: 1,
    atOnceMs: 0,
    crowd: 32,
    crowds: 1,
    crowdMs: 0,
    calls: 1,
    many: 100,
    lists: 8,
    memory: 8,
    execs: 5,
    execMs: 6_000,
    keys: 1,
    keysMs: 0,
    cats: 1,
    catsMs: 0,
    catMiB: { exec: 16, run: 1 },
    logLines: 20_000,
    logs: 1,
    logsMs: 0,
    relayed: { starts: 10, idle: 40, mib: 64 },
  },
} as const;
const mode = process.argv[2] === 'quick' ? 'quick' : 'full';
const CALLS_MS = 400;
const MIB = 1024 * 1024;
/** Longer than it takes berthd to call itself idle and to give back what work has taken. */
const IDLE_MS = 15_000;

const seed = Number(process.argv[3] ?? 1);
const size = SIZES[mode];
const random = randomFrom(seed);
const say = (what: string): boolean =>
  process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${what}\n`);

const part = process.argv[4];
say('loading images');
const { bundles, versions } = await prepare();
await using client = await connect(`unix:${BERTH_SOCKET}`, { maxIdle: 64 });
using http = new HttpSocket(PODMAN_SOCKET);
const engines = new Map<Candidate, Engine>([
  ['berth varlink', berthVarlink(client)],
  ['berth CLI', commandLine(BERTH_CLI)],
  ['podman CLI', commandLine(PODMAN_CLI)],
  ['podman REST', podmanRest(http)],
]);
const forAll = (turnOf: (engine: Engine) => Turn): Map<Candidate, Turn> =>
  new Map([...engines].map(([candidate, engine]) => [candidate, turnOf(engine)]));
const rows: Row[] = [];

say('relayed streams');
rows.push(...(await relayed(client, size.relayed)));
if (part === 'relayed') tell();

say('one container, step by step');
const lives = new Map<Candidate, Turn>([
  ...lifecycleTurns(engines),
  ['crun', runtimeFloor(bundles.true, bundles.sleep)],
  ['systemd-run', managerFloor],
]);
rows.push(...(await interleave(lives, { rounds: size.rounds, warmUp: 2, limitMs: size.lifeMs }, random)));

say('what goes into a container and comes out');
rows.push(...(await streams()));

say(`logs of ${size.logLines.toString()} lines`);
await writeLogs(size.logLines);
const logPlan = { rounds: size.logs, warmUp: 1, limitMs: size.logsMs };
rows.push(...(await interleave(logTurns(size.logLines), logPlan, random)));
await removeLogs();

say('many starts at once');
rows.push(
  ...(await interleave(forAll(startsAtOnce), { rounds: size.atOnce, warmUp: 0, limitMs: size.atOnceMs }, random)),
);
say('a crowd, up and down');
const crowd = forAll((engine) => upAndDown(engine, size.crowd));
rows.push(...(await interleave(crowd, { rounds: size.crowds, warmUp: 0, limitMs: size.crowdMs }, random)));

say('memory');
rows.push(...(await footprints()));

say('varlink calls');
const PING = 'io.systemd.service.Ping';
const GET_INFO = 'org.varlink.service.GetInfo';
const callTurns = (services: readonly (readonly [Candidate, Service])[]): Map<Candidate, Turn> =>
  new Map(services.map(([candidate, service]) => [candidate, callsPerSecond(service, CALLS_MS)]));
const callPlan = { rounds: size.calls, warmUp: 1, limitMs: 30_000 };
const pings = callTurns([
  ['berth varlink', { path: BERTH_SOCKET, method: PING }],
  ['python3-varlink', { path: PYTHON_SOCKET, method: PING }],
]);
const infos = callTurns([
  ['berth varlink', { path: BERTH_SOCKET, method: GET_INFO }],
  ['sd-varlink', { path: '/run/systemd/journal/io.systemd.journal', method: GET_INFO }],
  ['python3-varlink', { path: PYTHON_SOCKET, method: GET_INFO }],
]);
rows.push(...(await interleave(pings, callPlan, random, 'calls/s')));
rows.push(...(await interleave(infos, callPlan, random, 'calls/s')));

say(`${size.many.toString()} containers`);
for (const candidate of ['berth varlink', 'podman REST'] as const) {
  const engine = engines.get(candidate);
  if (engine !== undefined) await fill(engine, size.many);
}
const lists = forAll((engine) => listOfMany(engine, size.many));
rows.push(...(await interleave(lists, { rounds: size.lists, warmUp: 2, limitMs: 40_000 }, random)));
say('done');

tell();

function tell(): never {
  const found: Pick<Report, 'mode' | 'seed' | 'versions' | 'rows'> = { mode, seed, versions, rows };
  process.stdout.write(JSON.stringify(found));
  process.exit(0); // connections that are kept would hold the process
}

/** In a container of each that stays. */
async function streams(): Promise<Row[]> {
  const container = 'bench-streams';
  const sessions = new Map<Candidate, Sessions>([
    ['berth varlink', varlinkSessions(client)],
    ['berth CLI', berthSessions()],
    ['podman CLI', podmanSessions()],
    ['podman REST', restSessions(http)],
    ['crun', runtimeSessions(bundles.cat)],
  ]);
  const homes = [engines.get('berth varlink'), engines.get('podman REST')];
  for (const engine of homes) await engine?.runDetached(container, SERVER);
  await silently(['crun', '--cgroup-manager=cgroupfs', 'run', '--detach', '--bundle', bundles.sleep, container]);
  const turns = (turnOf: (each: Sessions) => Turn): Map<Candidate, Turn> =>
    new Map([...sessions].map(([candidate, each]) => [candidate, turnOf(each)]));

  const execs = { rounds: size.execs, warmUp: 2, limitMs: size.execMs };
  const found = await interleave(
    turns((each) => trueTurn(each, container)),
    execs,
    random,
  );
  const keys = { rounds: size.keys, warmUp: 0, limitMs: size.keysMs };
  const pressed = turns((each) => keyTurn(EXEC.key, async () => await each.openTerminal(container)));
  found.push(...(await interleave(pressed, keys, random)));
  const raw = keyTurn(EXEC.rawKey, async () => await openRawTerminal(client, container));
  found.push(...(await interleave(new Map([['berth varlink', raw]]), keys, random)));

  const bytes = { exec: size.catMiB.exec * MIB, run: size.catMiB.run * MIB };
  const file = await writeText(bytes);
  const cats = { rounds: size.cats, warmUp: 0, limitMs: size.catsMs };
  const carried = turns((each) => catTurn(each, container, file, bytes));
  found.push(...(await interleave(carried, cats, random, 'MiB/s')));

  for (const engine of homes) await engine?.removeRunning(container);
  await command(['crun', 'delete', '--force', container]);
  return found;
}

async function footprints(): Promise<Row[]> {
  const daemons = [
    ['berth varlink', 'dist/src/main.js'],
    ['podman REST', 'podman system service'],
  ] as const;
  const each: Row['results'][number][] = [];
  const memory: Row['results'][number][] = [];
  const processor: Row['results'][number][] = [];
  for (const [candidate, words] of daemons) {
    const engine = engines.get(candidate);
    if (engine !== undefined) each.push({ candidate, ...summaryOf([await perContainer(engine, size.memory)]) });
    const { pssMiB, percent } = await idle(words, IDLE_MS);
    memory.push({ candidate, ...summaryOf([pssMiB]) });
    processor.push({ candidate, ...summaryOf([percent]) });
  }
  return [
    { name: 'memory of a running container, beside its own', unit: 'MiB', results: each },
    { name: 'memory of the idle daemon', unit: 'MiB', results: memory },
    { name: 'processor of the idle daemon', unit: '%', results: processor },
  ];
}
