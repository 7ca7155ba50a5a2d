import { describe, expect, it } from 'vitest';
import { networkText, parseNetwork } from '../../../src/network/network-file.ts';

/** As podman 5.4 has written it. */
const PODMANS = {
  name: 'app',
  id: '5d7df80ba1a5a06d58bc3a1a3f9a3f9b5d7df80ba1a5a06d58bc3a1a3f9a3f9b',
  driver: 'bridge',
  network_interface: 'podman1',
  created: '2026-11-26T15:00:00.123456789+01:00',
  subnets: [
    { subnet: '10.89.0.0/24', gateway: '10.89.0.1', lease_range: { start_ip: '10.89.0.10', end_ip: '10.89.0.20' } },
  ],
  ipv6_enabled: false,
  internal: false,
  dns_enabled: true,
  options: { mtu: '1400' },
  ipam_options: { driver: 'host-local' },
};
const parse = (changes: object) =>
  parseNetwork(JSON.stringify({ ...PODMANS, ...changes }), '/etc/berth/networks/app.json', 'app');

describe('parseNetwork', () => {
  it('reads what podman has written, and writes it again', () => {
    const network = parse({});
    expect(network).toMatchObject({
      name: 'app',
      interface: 'podman1',
      subnets: [
        { subnet: '10.89.0.0/24', gateway: '10.89.0.1', leaseRange: { start: '10.89.0.10', end: '10.89.0.20' } },
      ],
      dns: true,
      ipam: 'host-local',
    });
    expect(parseNetwork(networkText(network), '/x', 'app')).toEqual(network);
    const { created, ...same } = PODMANS;
    expect(JSON.parse(networkText(network))).toMatchObject(same);
    expect(network.createdAt).toEqual(new Date(created));
  });

  it.each<[string, object, string]>([
    ['another name', { name: 'other' }, 'name'],
    ['no ID', { id: 'abc' }, 'id'],
    ['a driver that is none', { driver: 'weave' }, 'driver'],
    ['a member that is none', { subnetz: [] }, 'subnetz'],
    ['a member of another type', { internal: 'yes' }, 'internal'],
    ['an interface with a slash', { network_interface: 'a/b' }, 'network_interface'],
    ['a long interface', { network_interface: 'a'.repeat(16) }, 'network_interface'],
    ['a subnet that is none', { subnets: [{ subnet: '10.89.0.1/24' }] }, 'subnets.0.subnet'],
    ['a subnet without room', { subnets: [{ subnet: '10.89.0.0/31' }] }, 'subnets.0.subnet'],
    ['half the Internet', { subnets: [{ subnet: '0.0.0.0/1' }] }, 'subnets.0.subnet'],
    [
      'subnets that overlap',
      { subnets: [{ subnet: '10.89.0.0/24', gateway: '10.89.0.1' }, { subnet: '10.89.0.0/16' }] },
      'subnets.1.subnet',
    ],
    ['a gateway elsewhere', { subnets: [{ subnet: '10.89.0.0/24', gateway: '10.90.0.1' }] }, 'subnets.0.gateway'],
    [
      'the broadcast address as gateway',
      { subnets: [{ subnet: '10.89.0.0/24', gateway: '10.89.0.255' }] },
      'subnets.0.gateway',
    ],
    [
      'a range backwards',
      { subnets: [{ subnet: '10.89.0.0/24', lease_range: { start_ip: '10.89.0.9', end_ip: '10.89.0.8' } }] },
      'subnets.0.lease_range.end_ip',
    ],
    ['IPv6 that is not on', { subnets: [{ subnet: 'fd00::/64' }] }, 'ipv6_enabled'],
    ['nothing to take addresses of', { subnets: [] }, 'ipam_options.driver'],
    ['DNS without a gateway', { subnets: [{ subnet: '10.89.0.0/24' }] }, 'dns_enabled'],
    ['DNS with macvlan', { driver: 'macvlan', options: {} }, 'dns_enabled'],
    ['a DNS server that is none', { network_dns_servers: ['x'] }, 'network_dns_servers.0'],
    ['a DNS server that asks itself', { network_dns_servers: ['10.89.0.1'] }, 'network_dns_servers.0'],
    ['a route to nowhere', { routes: [{ destination: 'x', gateway: '10.89.0.1' }] }, 'routes.0.destination'],
    ['a route by another family', { routes: [{ destination: '10.0.0.0/8', gateway: 'fd00::1' }] }, 'routes.0.gateway'],
    ['an option that is none', { options: { mtuu: '1' } }, 'options.mtuu'],
    ['an option with a value that netavark ignores', { options: { isolate: 'yes' } }, 'options.isolate'],
    ['an option named like something of JavaScript', { options: { constructor: 'x' } }, 'options.constructor'],
    ['a label with NUL', { labels: { a: '\0' } }, 'labels'],
  ])('refuses %s by file and member', (_, changes, member) => {
    expect(() => parse(changes)).toThrowError(
      expect.objectContaining({
        code: 'InvalidNetwork',
        facts: expect.objectContaining({ file: '/etc/berth/networks/app.json', member }) as object,
      }),
    );
  });

  it.each(['', '{', '[]', 'null', '"x"', '1'])('refuses %j', (content) => {
    expect(() => parseNetwork(content, '/x', 'app')).toThrowError(expect.objectContaining({ code: 'InvalidNetwork' }));
  });
});
