/** What an assignment means to berth, held against what it means to `systemd-run -p`: the units must look the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BadAssignment, propertiesFromAssignment } from '../../src/unit-file/assignments.ts';
import { DbusUnitManager } from '../../src/systemd/units/dbus-unit-manager.ts';
import { bool, exec, text } from '../../src/unit-file/properties.ts';
import { Machine } from './machine.ts';
import { BEYOND_SYSTEMD_RUN, LIKE_SYSTEMD_RUN, REFUSED } from './systemd-assignment-cases.ts';

const COMMON = ['Description=x', 'Type=oneshot', 'RemainAfterExit=yes'];
const AT_ONCE = 8;
let machine: Machine;
let units: DbusUnitManager;

beforeAll(async () => {
  machine = await Machine.boot();
  units = await DbusUnitManager.open({ address: `unix:path=${machine.path('/run/dbus/system_bus_socket')}` });
});
afterAll(async () => {
  await units[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
});

/** What differs from one run to the next, and the command, which berth gives in the newer way. */
const VOLATILE =
  /^(Id|Names|FragmentPath|ControlGroup(Id)?|InvocationID|Result|\w*State|\w*Timestamp\w*|\w*PID|UID|GID|ExecMain\w*|ExecStart(Ex)?|Job|NRestarts|StatusErrno|Effective\w*|\w*(Current|Peak|Available|Usage\w*)|(IP|IO)\w*(Bytes|Packets|Operations))=/;
/** Sets that systemd keeps in the order of its hash tables. */
const UNORDERED = /^(After|Before|Requires|Wants|BindsTo|Conflicts|RequiresMountsFor|WantsMountsFor)=/;

function withoutRun(line: string): string {
  const plain = line.replaceAll(/(start|stop)_time=\[[^\]]*\]|pid=\d+|code=[^;]*|status=[^}]*/g, '');
  const [name = '', words] = plain.split(/=(.*)/s);
  return UNORDERED.test(line) ? `${name}=${(words ?? '').split(' ').sort().join(' ')}` : plain;
}

/** `systemctl show` of the units `PREFIX-INDEX.service`, by index. */
async function shown(prefix: string): Promise<Map<number, string[]>> {
  const { stdout } = await machine.check(['systemctl', 'show', '--all', `${prefix}-*.service`]);
  const blocks = stdout.toString().trim().split('\n\n');
  return new Map(
    blocks.map((block) => {
      const [, index = '-1'] = new RegExp(`^Id=${prefix}-(\\d+)\\.service$`, 'm').exec(block) ?? [];
      const lines = block.replaceAll(`${prefix}-${index}`, 'UNIT').split('\n');
      return [
        Number(index),
        lines
          .filter((line) => !VOLATILE.test(line))
          .map(withoutRun)
          .sort(),
      ];
    }),
  );
}

async function startOurs(name: string, assignments: readonly string[]): Promise<void> {
  const properties = [...COMMON, ...assignments].flatMap(propertiesFromAssignment);
  const command = exec('ExecStart', [{ path: '/bin/true', argv: ['/bin/true'] }]);
  await units.startTransient({ name, properties: [...properties, command] });
}

describe('an assignment', () => {
  it(`means what it means to systemd-run, in ${LIKE_SYSTEMD_RUN.length} cases`, async () => {
    const run = `systemd-run --quiet ${COMMON.map((each) => `--property='${each}'`).join(' ')}`;
    const script = LIKE_SYSTEMD_RUN.map(
      (each, index) => `${run} --unit=theirs-${index} --property="$(cat <<'END'\n${each}\nEND\n)" /bin/true || true`,
    );
    await machine.check(['sh'], { input: script.join('\n') });
    const waiting = [...LIKE_SYSTEMD_RUN.entries()];
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        // That the process cannot run with it is the same for both, and to be seen nowhere in the configuration.
        await startOurs(`ours-${next[0]}.service`, [next[1]]).catch((error: unknown) => {
          expect(error, next[1]).toMatchObject({ name: 'UnitJobFailed' });
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    const [theirs, ours] = [await shown('theirs'), await shown('ours')];
    const named = (all: Map<number, string[]>): unknown =>
      Object.fromEntries(LIKE_SYSTEMD_RUN.map((each, index) => [each, all.get(index)]));
    expect(named(ours)).toEqual(named(theirs));
  });

  it.each([...BEYOND_SYSTEMD_RUN.entries()])('beyond systemd-run, case %i: %j', async (index, [assignment, line]) => {
    const unit = `beyond-${index}.service`;
    await startOurs(unit, [assignment]);
    const name = line.slice(0, line.indexOf('='));
    expect((await machine.check(['systemctl', 'show', unit, `--property=${name}`])).text()).toBe(line);
  });

  it('renames a credential on import', async () => {
    await startOurs('import.service', ['ImportCredential=a.*:b']);
    const path = '/org/freedesktop/systemd1/unit/import_2eservice';
    const argv = ['busctl', 'get-property', 'org.freedesktop.systemd1', path, 'org.freedesktop.systemd1.Service'];
    expect((await machine.check([...argv, 'ImportCredentialEx'])).text()).toBe('a(ss) 1 "a.*" "b"');
  });

  it('adds to a list, and empties it when it is empty', async () => {
    await startOurs('list.service', ['Environment=A=1', 'Environment=', 'Environment=B=2', 'Environment=C=3']);
    const { stdout } = await machine.check(['systemctl', 'show', 'list.service', '--property=Environment']);
    expect(stdout.toString()).toBe('Environment=B=2 C=3\n');
  });

  it('changes a unit that runs', async () => {
    await startOurs('change.service', []);
    const changed = ['MemoryMax=64M', 'CPUQuota=30%', 'TasksMax=7', 'AllowedCPUs=0'].flatMap(propertiesFromAssignment);
    await units.setProperties('change.service', 'runtime', changed);
    const names = '--property=MemoryMax,CPUQuotaPerSecUSec,TasksMax,AllowedCPUs';
    const { stdout } = await machine.check(['systemctl', 'show', 'change.service', names]);
    expect(stdout.toString().split('\n').sort()).toEqual(
      ['', 'AllowedCPUs=0', 'CPUQuotaPerSecUSec=300ms', 'MemoryMax=67108864', 'TasksMax=7'].sort(),
    );
    await expect(
      units.setProperties('change.service', 'runtime', [text('Type', 'simple'), bool('RemainAfterExit', false)]),
    ).rejects.toMatchObject({ name: 'UnitRefused', dbusError: 'org.freedesktop.DBus.Error.PropertyReadOnly' });
  });

  it.each(REFUSED)('is refused before systemd sees it: %s', (assignment) => {
    expect(() => propertiesFromAssignment(assignment)).toThrow(BadAssignment);
  });
});
