/**
 * The text of the plant file that was confirmed last, kept in the data folder: a site that asks
 * for a second administrator starts from it, whatever the file says meanwhile.
 */
import { existsSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

export class ConfirmedPlant {
  readonly path: string;

  constructor(dataFolder: string) {
    this.path = join(dataFolder, "plant-confirmed.yaml");
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  /** Undefined before the first was kept. */
  async text(): Promise<string | undefined> {
    return this.exists ? readFile(this.path, "utf8") : undefined;
  }

  /** On disk when it resolves: a crash leaves the one before or this one. */
  async keep(text: string): Promise<void> {
    const fresh = `${this.path}.new`;
    const file = await open(fresh, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, this.path);
    const folder = await open(dirname(this.path), "r");
    await folder.sync().finally(() => folder.close());
  }

  forget(): Promise<void> {
    return rm(this.path, { force: true });
  }
}
