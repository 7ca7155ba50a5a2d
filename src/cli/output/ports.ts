import type { Port } from '../../api/io-berth-container.ts';

/** Each port by itself. */
export const eachPort = (ports: readonly Port[]): Port[] =>
  ports.flatMap((mapping) =>
    Array.from({ length: mapping.count ?? 1 }, (_, index) => ({
      ...mapping,
      hostPort: (mapping.hostPort ?? 0) + index,
      containerPort: mapping.containerPort + index,
      count: 1,
    })),
  );

/** As podman's and docker's `ps` have them: `0.0.0.0:8080->80/tcp`, ranges in one. */
export const portsInWords = (ports: readonly Port[]): string =>
  ports
    .map(({ hostAddress = '', hostPort = 0, containerPort, count = 1, protocol = 'tcp' }) => {
      const address = hostAddress === '' ? '0.0.0.0' : hostAddress;
      const shown = address.includes(':') ? `[${address}]` : address;
      return `${shown}:${range(hostPort, count)}->${range(containerPort, count)}/${protocol}`;
    })
    .join(', ');

const range = (first: number, count: number): string => (count === 1 ? `${first}` : `${first}-${first + count - 1}`);
