/** What the host has of networks that are not berth's: by iproute2, which knows every routing table, and podman's own files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import * as v from 'valibot';
import { parseAddress, subnetOf, parseSubnet, BITS, type Subnet } from '../lib/ip.ts';
import { NetavarkFailed } from './errors.ts';

/** A subnet that is taken, and by whom, for people. */
interface Taken {
  readonly subnet: Subnet;
  readonly holder: string;
}

const text = v.string();
const Routes = v.pipe(
  text,
  v.parseJson(),
  v.array(v.looseObject({ dst: v.optional(text), dev: v.optional(text, '') })),
);
const Links = v.pipe(
  text,
  v.parseJson(),
  v.array(
    v.looseObject({
      ifname: v.optional(text, ''),
      addr_info: v.optional(v.array(v.looseObject({ local: v.optional(text), prefixlen: v.optional(v.number()) })), []),
    }),
  ),
);
const PodmanNetwork = v.pipe(
  text,
  v.parseJson(),
  v.looseObject({
    name: text,
    network_interface: v.optional(text, ''),
    subnets: v.nullish(v.array(v.looseObject({ subnet: text }))),
  }),
);

/** Shorter ones are default routes in disguise: some VPNs have 0.0.0.0/1 and 128.0.0.0/1. */
const LEAST_LENGTH = 4;
const PODMAN_FOLDER = '/etc/containers/networks';
/** podman's default network stands in no file. */
const PODMAN_DEFAULT = '10.88.0.0/16';

export class LinuxHostNetworks {
  async subnets(signal: AbortSignal): Promise<Taken[]> {
    const [links, routes4, routes6] = await Promise.all([
      ip(['-json', 'address', 'show'], Links, signal),
      ip(['-json', '-4', 'route', 'show', 'table', 'all'], Routes, signal),
      ip(['-json', '-6', 'route', 'show', 'table', 'all'], Routes, signal),
    ]);
    const ofLinks = links.flatMap(({ ifname, addr_info: addresses }) =>
      addresses.flatMap(({ local, prefixlen }) =>
        taken(`${local ?? ''}/${prefixlen ?? ''}`, `the interface ${ifname}`),
      ),
    );
    const ofRoutes = [...routes4, ...routes6].flatMap(({ dst = '', dev }) =>
      taken(dst, dev === '' ? 'a route of the host' : `a route by ${dev}`),
    );
    const ofPodman = podmanNetworks().flatMap(({ name, subnets }) =>
      (subnets ?? []).flatMap(({ subnet }) => taken(subnet, `podman's network ${name}`)),
    );
    return [...ofLinks, ...ofRoutes, ...ofPodman, ...taken(PODMAN_DEFAULT, "podman's default network")];
  }

  interfaceHolder(name: string): string | undefined {
    if (existsSync(join('/sys/class/net', name))) return 'the host';
    const network = podmanNetworks().find((each) => each.network_interface === name);
    return network === undefined ? undefined : `podman's network ${network.name}`;
  }
}

/** @param prefix an address with or without a length; what is none is of no interest. */
function taken(prefix: string, holder: string): Taken[] {
  const [written = '', digits] = prefix.split('/');
  const address = parseAddress(written);
  if (address === undefined) return [];
  const subnet = parseSubnet(prefix) ?? subnetOf(address, digits === undefined ? BITS[address.family] : Number(digits));
  return subnet.length < LEAST_LENGTH ? [] : [{ subnet, holder }];
}

async function ip<T extends v.GenericSchema<string, unknown>>(
  args: readonly string[],
  schema: T,
  cancelSignal: AbortSignal,
): Promise<v.InferOutput<T>> {
  const { stdout, failed, shortMessage } = await execa('ip', args, {
    reject: false,
    stdin: 'ignore',
    cancelSignal,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  cancelSignal.throwIfAborted();
  if (failed) throw new NetavarkFailed(`ip ${args.join(' ')}: ${shortMessage ?? 'it failed'}`);
  // Without any route it prints nothing.
  const parsed = v.safeParse(schema, stdout === '' ? '[]' : stdout);
  if (!parsed.success) throw new NetavarkFailed(`ip ${args.join(' ')}: ${v.summarize(parsed.issues)}`);
  return parsed.output;
}

/** What podman would not understand either is left out. */
function podmanNetworks(): v.InferOutput<typeof PodmanNetwork>[] {
  if (!existsSync(PODMAN_FOLDER)) return [];
  return readdirSync(PODMAN_FOLDER)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const parsed = v.safeParse(PodmanNetwork, readFileSync(join(PODMAN_FOLDER, file), 'utf8'));
      return parsed.success ? [parsed.output] : [];
    });
}
