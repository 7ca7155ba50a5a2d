import type { ListOutput, Summary } from '../../../src/api/io-berth-container.ts';
import type { Image, ListOutput as ImageListOutput } from '../../../src/api/io-berth-image.ts';
import { ago } from './world.ts';

export const ID = 'f'.repeat(64);

export const aContainer = (rest: Partial<Summary> = {}): Summary => ({
  id: ID,
  name: 'web',
  unit: 'berth-web.service',
  image: 'localhost/plain:latest',
  imageId: 'a'.repeat(64),
  command: ['sh', '-c', 'true'],
  createdAt: ago(120),
  labels: {},
  connections: [],
  ports: [],
  runtime: { state: 'running', startedAt: ago(60) },
  ...rest,
});

/** List as berthd answers it, one container in each reply. */
export const listing = (containers: readonly Summary[]) =>
  async function* list(): AsyncGenerator<ListOutput> {
    for (const container of containers) yield { container };
    if (containers.length === 0) yield await Promise.resolve({});
  };

export const anImage = (rest: Partial<Image> = {}): Image => ({
  id: 'b'.repeat(64),
  names: ['docker.io/library/busybox:1.37'],
  digests: [],
  createdAt: ago(86_400 * 3),
  sizeBytes: 4_519_000,
  architecture: 'amd64',
  operatingSystem: 'linux',
  labels: {},
  store: '/var/lib/berth/storage',
  readOnly: false,
  ...rest,
});

export const listingImages = (images: readonly Image[]) =>
  async function* list(): AsyncGenerator<ImageListOutput> {
    for (const image of images) yield { image };
    if (images.length === 0) yield await Promise.resolve({});
  };
