import { CONFIG_PATH, readConfig, type Config } from './config.ts';

/** The configuration that is in force, and the way to read it anew. */
export class Settings {
  #current: Config;
  readonly #path: string;
  readonly #onChange: (config: Config) => void;

  private constructor(current: Config, path: string, onChange: (config: Config) => void) {
    this.#current = current;
    this.#path = path;
    this.#onChange = onChange;
  }

  /** @param onChange told of what was read, now and at each reload. @throws ConfigInvalid */
  static async open(onChange: (config: Config) => void, path: string = CONFIG_PATH): Promise<Settings> {
    const current = await readConfig(path);
    onChange(current);
    return new Settings(current, path, onChange);
  }

  get current(): Config {
    return this.#current;
  }

  /** What was in force stays so where the file is wrong. @throws ConfigInvalid */
  async reload(): Promise<void> {
    this.#current = await readConfig(this.#path);
    this.#onChange(this.#current);
  }
}
