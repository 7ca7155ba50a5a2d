import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { holderOf, inodesIn } from '../../../src/netavark/port-holder.ts';
import { trafficIn } from '../../../src/netavark/traffic.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:D431 06 00000000:00000000 03:000004B0 00000000     0        0 0 3 0
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 815 1 0 100 0 0 10 0
`;

describe('who has a port', () => {
  it('is among those that are bound to it, and not what is left of connections', () => {
    expect(inodesIn(TABLE, 8080)).toEqual(['4711']);
    expect(inodesIn(TABLE, 80)).toEqual([]);
  });

  it('is found by its process', async () => {
    await using server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect((await holderOf('tcp', port))?.pid).toBe(process.pid);
  });
});

describe('traffic', () => {
  it('is that of all interfaces but the loopback device', () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     500       5    0    0    0     0          0         0      500       5    0    0    0     0       0          0
  eth0:    1000      10    0    0    0     0          0         0      200       2    0    0    0     0       0          0
  eth1:      24       1    0    0    0     0          0         0        8       1    0    0    0     0       0          0
`;
    expect(trafficIn(text)).toEqual({ receivedBytes: 1024, sentBytes: 208 });
  });
});
