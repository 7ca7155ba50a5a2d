/**
 * Images as berth sees them: a list of layers that can be mounted, and what the image's author wishes a container of it
 * to be. The format on the disk is containers-storage, the one podman, buildah and CRI-O share; skopeo is the only
 * writer. This folder knows images, layers, mounts and files inside them; it knows no containers, so that an image is
 * in use is for the caller to find out before `delete`.
 */

/** The `config` of an OCI image, with nothing left out that a container is made of. */
export interface ImageConfig {
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** As written: a name or number, `user:group`; empty is root. */
  readonly user: string;
  /** Empty where the image does not say; that is `/`. */
  readonly workingDir: string;
  /** As written: `SIGTERM`, `TERM`, `15`; undefined where the image does not say. */
  readonly stopSignal: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Paths inside the container. */
  readonly volumes: readonly string[];
  /** `80/tcp` */
  readonly exposedPorts: readonly string[];
}

export interface ImageLayer {
  /** Of containers-storage: 64 hexadecimal digits. */
  readonly id: string;
  /** The unpacked folder, absolute. */
  readonly diff: string;
  /** The same folder by its short name, `l/ABC…`, relative to the driver's folder: what fits into mount options. */
  readonly link: string;
}

export interface Image {
  /** The SHA-256 of its configuration: 64 hexadecimal digits. */
  readonly id: string;
  /** Complete references with tag, `docker.io/library/busybox:latest`; an image may have none. */
  readonly names: readonly string[];
  /** Of its manifests: `sha256:…`. */
  readonly digests: readonly string[];
  /** As the image's author dated it, which may be 1970; undefined where he did not. */
  readonly createdAt: Date | undefined;
  /** Unpacked, layers shared with other images included. */
  readonly sizeBytes: number;
  readonly architecture: string;
  readonly os: string;
  readonly config: ImageConfig;
  /** The containers-storage it lies in; below it `overlay/l/…`, which `ImageLayer.link` is relative to. */
  readonly store: string;
  /** Whether that is somebody else's: the image can be used, and not be changed. */
  readonly readOnly: boolean;
  /** Topmost first, as overlayfs's `lowerdir` has them; empty for an image without layers. */
  readonly layers: readonly ImageLayer[];
}

/** Where images on this host's disk can be loaded from. */
export interface ImageSource {
  /** Found out by looking when left out. */
  readonly transport?: Transport | undefined;
  /** Of the folder or the archive. */
  readonly path: string;
  /** Which of the images in it: a tag or a name as the source has it; undefined means all of them. */
  readonly reference?: string | undefined;
}

export type Transport = 'oci' | 'oci-archive' | 'docker-archive';

/** An image that can be loaded. */
export interface SourceImage {
  readonly id: string;
  /** The complete names that it has there. */
  readonly names: readonly string[];
  /** As skopeo has it. */
  readonly address: string;
  /** Of the folder or the archive. */
  readonly path: string;
}

/** What a source holds, for as long as it is open. */
export interface OpenedSource extends AsyncDisposable {
  readonly images: readonly SourceImage[];
}

/** An image that is saved, and the names it is saved under. */
export interface SavedImage {
  readonly image: Image;
  readonly names: readonly string[];
}

export interface FoundImage {
  readonly image: Image;
  /** Those of its names that were meant: one, or with a digest all of the repository; none where it was found by an ID. */
  readonly names: readonly string[];
}

export interface PullOptions {
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  /** A file in podman's `auth.json` format. */
  readonly authFile?: string | undefined;
  /** `skip` also permits plain HTTP. */
  readonly tlsVerification?: 'require' | 'skip' | undefined;
  /** As Go names them; what this host has if left out. */
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string } | undefined;
  /** Told of the image's ID before it is in the store, where it may be without its name for a moment. */
  readonly arriving?: ((id: string) => void) | undefined;
  /** `bytes` has the registry asked for the sizes of the layers besides; what is left out is `steps`. */
  readonly report?: 'steps' | 'bytes' | undefined;
}

/** What a pull reports while it works; the last event is `done`. */
export type PullEvent =
  | { readonly kind: 'resolving'; readonly reference: string }
  | { readonly kind: 'blob'; readonly digest: string; readonly what: 'layer' | 'config' | 'present' }
  /** So much of the layers is here, as the registry has them, of so much; the latter while it is known. */
  | { readonly kind: 'fetched'; readonly bytes: number; readonly totalBytes: number | undefined }
  | { readonly kind: 'storing' }
  | { readonly kind: 'done'; readonly image: Image };

export interface ImageStore {
  /** Where the containers-storage lies that is written to. */
  readonly root: string;

  /**
   * Its own images, then those of other stores that it has not itself.
   * @throws StorageCorrupt; a single image that cannot be read is left out and reported to the store's `onDamage`
   */
  list(signal?: AbortSignal): Promise<Image[]>;
  /**
   * @param reference a complete or short name (`busybox` means localhost/busybox:latest, then
   * docker.io/library/busybox:latest, then any image whose name ends so), a name with digest, an id, or the beginning
   * of one that only one image has
   * @throws ImageAmbiguous | InvalidReference | StorageCorrupt
   */
  find(reference: string, signal?: AbortSignal): Promise<FoundImage | undefined>;
  /** The image with this ID, of 64 digits. @throws StorageCorrupt */
  get(id: string, signal?: AbortSignal): Promise<Image | undefined>;
  /** Finds out which images a source holds, at least one, in its own order. @throws LoadFailed */
  open(source: ImageSource, signal: AbortSignal): Promise<OpenedSource>;
  /**
   * Loads an image of a source that is open.
   * @param name instead of the names that the source has; a short one gets `localhost/`
   * @returns the names that it got
   * @throws LoadFailed | InvalidReference
   */
  load(image: SourceImage, options: { readonly name?: string }, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Fetches from a registry; where a short name comes from is registries.conf's to say, else it is Docker Hub.
   * @throws PullFailed | InvalidReference | StorageCorrupt
   */
  pull(reference: string, options: PullOptions, signal: AbortSignal): AsyncIterable<PullEvent>;
  /**
   * Another name for an image of its own, taken away from the image that has it; a short one gets `localhost/`.
   * @throws InvalidReference | ChangeFailed
   */
  tag(id: string, name: string, signal: AbortSignal): Promise<void>;
  /** Takes a name off an image of its own, which stays. @param name complete @throws ChangeFailed */
  untag(id: string, name: string, signal: AbortSignal): Promise<void>;
  /** Removes an image of its own with all its names, and the layers no other one needs. @throws ChangeFailed */
  delete(id: string, signal: AbortSignal): Promise<void>;
  /**
   * Writes images, their configurations byte for byte, to where nothing is yet; nothing is left there where that fails.
   * @throws SaveFailed
   */
  save(images: readonly SavedImage[], destination: Omit<ImageSource, 'reference'>, signal: AbortSignal): Promise<void>;
}
