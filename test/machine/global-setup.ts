/** Boots the one machine of a test run, with berth's package installed and the test images in it. */
import type { TestProject } from 'vitest/node';
import { buildPackage } from '../../packaging/package.ts';
import { IMAGES, imagesFolder } from './images.ts';
import { Machine } from './machine.ts';

/** @returns what ends the machine */
export default async function boot(project: TestProject): Promise<() => Promise<void>> {
  const install = [await buildPackage({ types: 'unchecked' })]; // the types are a step of test/check.ts
  const machine = await Machine.boot({ install, show: { [IMAGES]: await imagesFolder() } });
  project.provide('machineLeader', machine.leader);
  return async () => {
    await machine[Symbol.asyncDispose]();
  };
}
