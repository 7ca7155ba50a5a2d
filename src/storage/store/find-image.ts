/** Which image a person means. */
import { ImageAmbiguous, InvalidReference } from '../errors.ts';
import type { Image } from '../images.ts';
import { isShortFor, meaningsOf, readReference, repositoryOf, type Reference } from './reference.ts';

/** What an image can be found by. */
export type Named = Pick<Image, 'id' | 'names' | 'digests'>;

export interface Match<I> {
  readonly image: I;
  /** Those of its names that were meant: one, or with a digest all of the repository; none where it was found by an ID. */
  readonly names: readonly string[];
}

/**
 * Names come before ids, complete names before short ones, as with podman.
 * @throws ImageAmbiguous | InvalidReference
 */
export function findImage<I extends Named>(images: readonly I[], text: string): Match<I> | undefined {
  const id = text.replace(/^sha256:/, '');
  const isId = /^[0-9a-f]{1,64}$/.test(id);
  const exact = isId ? images.find((image) => image.id === id) : undefined;
  if (exact !== undefined) return { image: exact, names: [] };
  const reference = readReference(text);
  if (reference === undefined && !isId) throw new InvalidReference(text);
  const named = reference === undefined ? undefined : findByName(images, reference, text);
  if (named !== undefined || !isId) return named;
  const image = onlyOne(
    images.filter((each) => each.id.startsWith(id)),
    text,
  );
  return image === undefined ? undefined : { image, names: [] };
}

function findByName<I extends Named>(images: readonly I[], reference: Reference, text: string): Match<I> | undefined {
  const meanings = meaningsOf(reference);
  for (const meaning of meanings) {
    const found = images.find(({ names }) => names.includes(meaning));
    if (found !== undefined) return { image: found, names: [meaning] };
  }
  const { digest } = reference;
  if (digest !== undefined) {
    const repositories = meanings.map(repositoryOf);
    const isOfRepository = (name: string): boolean => repositories.includes(repositoryOf(name));
    const found = images.find(({ names, digests }) => digests.includes(digest) && names.some(isOfRepository));
    return found === undefined ? undefined : { image: found, names: found.names.filter(isOfRepository) };
  }
  const isMeant = (name: string): boolean => isShortFor(reference, name);
  const image = onlyOne(
    images.filter(({ names }) => names.some(isMeant)),
    text,
  );
  return image === undefined ? undefined : { image, names: image.names.filter(isMeant).slice(0, 1) };
}

function onlyOne<I extends Named>(images: readonly I[], text: string): I | undefined {
  const [first, ...others] = images;
  if (others.length > 0)
    throw new ImageAmbiguous(
      text,
      images.map(({ id }) => id),
    );
  return first;
}
