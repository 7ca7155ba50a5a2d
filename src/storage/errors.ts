/** How an image store refuses; each with the facts a caller needs to say so in its own words. */

/** Several images are meant by a short name or the beginning of an id. */
export class ImageAmbiguous extends Error {
  override readonly name = 'ImageAmbiguous';
  readonly reference: string;
  readonly ids: readonly string[];
  constructor(reference: string, ids: readonly string[]) {
    super(`${reference} is ${ids.length} images`);
    this.reference = reference;
    this.ids = ids;
  }
}

/** This cannot be the name of an image. */
export class InvalidReference extends Error {
  override readonly name = 'InvalidReference';
  readonly reference: string;
  constructor(reference: string) {
    super(`Not the name of an image: ${reference}`);
    this.reference = reference;
  }
}

export const PULL_FAILURES = ['not-found', 'unauthorized', 'unreachable', 'other'] as const;
export type PullFailure = (typeof PULL_FAILURES)[number];

/** A registry did not give an image; the message is skopeo's. */
export class PullFailed extends Error {
  override readonly name = 'PullFailed';
  readonly reference: string;
  readonly reason: PullFailure;
  constructor(reference: string, reason: PullFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reference = reference;
    this.reason = reason;
  }
}

/** A folder with what is below it could not be copied, changed or deleted; the message is the program's. */
export class TreeFailed extends Error {
  override readonly name = 'TreeFailed';
  /** Of the kernel, as far as the program says it. */
  readonly errnoName: string;
  constructor(errnoName: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.errnoName = errnoName;
  }
}

/** The host's registries.conf makes no sense, or does not say where a short name is to come from. */
export class RegistriesInvalid extends Error {
  override readonly name = 'RegistriesInvalid';
  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
  }
}

/** A folder or archive could not be loaded; the message says why. */
export class LoadFailed extends Error {
  override readonly name = 'LoadFailed';
  readonly path: string;
  constructor(path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/** An image could not be written to a folder or archive; the message says why. */
export class SaveFailed extends Error {
  override readonly name = 'SaveFailed';
  readonly path: string;
  constructor(path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/** An image could not be removed, or a name be given or taken away; the message is skopeo's. */
export class ChangeFailed extends Error {
  override readonly name = 'ChangeFailed';
  readonly id: string;
  constructor(id: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.id = id;
  }
}

/** What is at a path of a container is not what is read there. */
export class InsideFileUnfit extends Error {
  override readonly name = 'InsideFileUnfit';
  /** In the container. */
  readonly path: string;
  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
  }
}

/** The store's own files cannot be read, or contradict one another. */
export class StorageCorrupt extends Error {
  override readonly name = 'StorageCorrupt';
  readonly path: string;
  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.path = path;
  }
}
