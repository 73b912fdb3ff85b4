/**
 * What the brokers of a site know each other by: a key in their data folder, which nobody else can
 * read. The active one seals with it where it is reached, the one that waits proves with it who
 * comes. Made once; whoever takes the file away at a standstill makes the next start make another.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkPrivateFile, DataFolderRefused } from "../store/data-folder.ts";
import { writeWhole } from "../write-whole.ts";

const FILE = "peer.key";
const KEY_LENGTH = 32;

/** What a seal is for: one of these never counts as the other. */
export type Sealed = "active broker" | "hello";

export class PeerKey {
  private readonly key: Uint8Array;

  private constructor(key: Uint8Array) {
    this.key = key;
  }

  /**
   * By the one that has the folder's lock.
   * @throws DataFolderRefused if others can read it, or it is damaged
   */
  static open(dataFolder: string): PeerKey {
    const file = join(dataFolder, FILE);
    if (!existsSync(file)) writeWhole(file, `${randomBytes(KEY_LENGTH).toString("base64")}\n`);
    return PeerKey.of(file);
  }

  /** Undefined where no broker of the site has made one. @throws as `open` */
  static read(dataFolder: string): PeerKey | undefined {
    const file = join(dataFolder, FILE);
    return existsSync(file) ? PeerKey.of(file) : undefined;
  }

  private static of(file: string): PeerKey {
    checkPrivateFile(file);
    const key = Buffer.from(readFileSync(file, "utf8").trim(), "base64");
    if (key.length !== KEY_LENGTH) {
      throw new DataFolderRefused(
        `${file} holds no key: take it away, the next start makes another`,
      );
    }
    return new PeerKey(key);
  }

  seal(what: Sealed, ...parts: readonly (string | Uint8Array)[]): string {
    const sum = createHmac("sha256", this.key);
    for (const part of [`sallyport ${what} 1`, ...parts]) {
      const bytes = Buffer.from(part as string);
      // Each with its length: what stands in one part never counts as another.
      sum.update(`${bytes.length} `).update(bytes);
    }
    return sum.digest("base64");
  }

  isSeal(given: string, what: Sealed, ...parts: readonly (string | Uint8Array)[]): boolean {
    const [is, should] = [Buffer.from(given), Buffer.from(this.seal(what, ...parts))];
    return is.length === should.length && timingSafeEqual(is, should);
  }
}
