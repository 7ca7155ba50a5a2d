/** Which image a person means. */
import { ImageAmbiguous, InvalidReference } from '../errors.ts';
import type { Image } from '../images.ts';
import { isShortFor, meaningsOf, readReference, repositoryOf, type Reference } from './reference.ts';

/** What an image can be found by. */
export type Named = Pick<Image, 'id' | 'names' | 'digests'>;

/**
 * Names come before ids, complete names before short ones, as with podman.
 * @throws ImageAmbiguous | InvalidReference
 */
export function findImage<I extends Named>(images: readonly I[], text: string): I | undefined {
  const id = text.replace(/^sha256:/, '');
  const isId = /^[0-9a-f]{1,64}$/.test(id);
  const exact = isId ? images.find((image) => image.id === id) : undefined;
  if (exact !== undefined) return exact;
  const reference = readReference(text);
  if (reference === undefined && !isId) throw new InvalidReference(text);
  const named = reference === undefined ? undefined : findByName(images, reference, text);
  return (
    named ??
    (isId
      ? onlyOne(
          images.filter((image) => image.id.startsWith(id)),
          text,
        )
      : undefined)
  );
}

function findByName<I extends Named>(images: readonly I[], reference: Reference, text: string): I | undefined {
  const meanings = meaningsOf(reference);
  for (const meaning of meanings) {
    const found = images.find(({ names }) => names.includes(meaning));
    if (found !== undefined) return found;
  }
  const { digest } = reference;
  if (digest !== undefined) {
    const repositories = meanings.map(repositoryOf);
    const ofRepository = images.filter(({ names }) => names.some((name) => repositories.includes(repositoryOf(name))));
    return ofRepository.find(({ digests }) => digests.includes(digest));
  }
  return onlyOne(
    images.filter(({ names }) => names.some((name) => isShortFor(reference, name))),
    text,
  );
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
