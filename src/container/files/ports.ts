import type { ContainerFiles } from '../../archive/container-files.ts';
import type { Bundles } from '../launch/bundle.ts';
import type { Ports } from '../ports.ts';

/** What is needed to get at the files of containers. */
export interface FilesPorts extends Pick<Ports, 'lane' | 'folders'> {
  readonly files: ContainerFiles;
  readonly bundles: Pick<Bundles, 'filesOf' | 'userOf'>;
}
