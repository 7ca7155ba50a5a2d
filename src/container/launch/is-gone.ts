import { NoSuchProcess, UnitNotLoaded } from '../../systemd/errors.ts';

/** Whether a call reached nobody because the unit, or its process, has ended meanwhile. */
export const isGone = (error: unknown): boolean => error instanceof NoSuchProcess || error instanceof UnitNotLoaded;
