/** Credentials in a file, where other processes cannot see them as they can see arguments (containers-auth.json(5)). */
import { writeFile } from 'node:fs/promises';

export async function writeAuthFile(
  path: string,
  imageName: string,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  const registry = imageName.slice(0, imageName.indexOf('/'));
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  await writeFile(path, JSON.stringify({ auths: { [registry]: { auth } } }), { mode: 0o600 });
}
