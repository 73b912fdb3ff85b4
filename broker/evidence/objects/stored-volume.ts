/**
 * The files of recordings as if all of them were on this machine: a segment that only the object
 * store has is fetched when it is read. What comes is compared with the digest that was kept here
 * when the copy was proven, so that a store that lies is found out and never shown. The last ones
 * stay in memory, sealed as they came; nothing is written.
 */
import path from "node:path";
import { isSessionId } from "../session-id.ts";
import type { Volume, VolumeFile } from "../volume.ts";

export interface StoredFiles {
  /** Only the store has its segments. */
  isOnlyThere(session: string): boolean;
  /** Undefined where the copy has no such file. */
  read(session: string, name: string): Promise<Uint8Array | undefined>;
}

/** What only the store has cannot be had now; the message says why. */
export class StoredAway extends Error {
  override readonly name = "StoredAway";
}

/** About fifty segments: what somebody goes back and forth in. */
export const FETCHED_BYTES_MAX = 64 * 1024 * 1024;

export class StoredVolume implements Volume {
  private readonly volume: Volume;
  private readonly recordings: string;
  private readonly stored: StoredFiles;
  /** The least recently used first. */
  private readonly fetched = new Map<string, Uint8Array>();
  private readonly fetching = new Map<string, Promise<Uint8Array | undefined>>();
  private bytes = 0;

  constructor(volume: Volume, recordings: string, stored: StoredFiles) {
    this.volume = volume;
    this.recordings = recordings;
    this.stored = stored;
  }

  async open(file: string, access: "read" | "write" | "durable"): Promise<VolumeFile> {
    const away = access === "read" ? await this.away(file) : undefined;
    if (away === undefined) return this.volume.open(file, access);
    const bytes = await this.bring(away);
    if (bytes === undefined) throw new Error("the copy in the object store has no such file");
    return new FetchedFile(bytes);
  }

  async exists(file: string): Promise<boolean> {
    const away = await this.away(file);
    if (away === undefined) return this.volume.exists(file);
    return (await this.bring(away)) !== undefined;
  }

  readonly list: Volume["list"] = (folder) => this.volume.list(folder);
  readonly makeFolder: Volume["makeFolder"] = (folder) => this.volume.makeFolder(folder);
  readonly removeFolder: Volume["removeFolder"] = (folder) => this.volume.removeFolder(folder);
  readonly rename: Volume["rename"] = (from, to) => this.volume.rename(from, to);
  readonly remove: Volume["remove"] = (file) => this.volume.remove(file);
  readonly syncFolder: Volume["syncFolder"] = (folder) => this.volume.syncFolder(folder);

  /** Which file of which recording, where the store alone has it. */
  private async away(file: string): Promise<Away | undefined> {
    const [session = "", ...rest] = path.relative(this.recordings, file).split(path.sep);
    const name = rest.join("/");
    if (!isSessionId(session) || !/^segments\/\d+\.(seg|frame)$/.test(name)) return undefined;
    if (!this.stored.isOnlyThere(session)) return undefined;
    return (await this.volume.exists(file)) ? undefined : { session, name };
  }

  /** Two that want the same wait for the same. */
  private bring({ session, name }: Away): Promise<Uint8Array | undefined> {
    const key = `${session}/${name}`;
    const here = this.fetched.get(key);
    if (here !== undefined) {
      this.fetched.delete(key);
      this.fetched.set(key, here);
      return Promise.resolve(here);
    }
    const under = this.fetching.get(key);
    if (under !== undefined) return under;
    const fetching = this.stored
      .read(session, name)
      .then((bytes) => {
        if (bytes !== undefined) this.keep(key, bytes);
        return bytes;
      })
      .finally(() => this.fetching.delete(key));
    this.fetching.set(key, fetching);
    return fetching;
  }

  private keep(key: string, bytes: Uint8Array): void {
    this.fetched.set(key, bytes);
    this.bytes += bytes.length;
    for (const [oldest, { length }] of this.fetched) {
      if (this.bytes <= FETCHED_BYTES_MAX) return;
      this.fetched.delete(oldest);
      this.bytes -= length;
    }
  }
}

interface Away {
  readonly session: string;
  readonly name: string;
}

class FetchedFile implements VolumeFile {
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    const part = this.bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }

  async size(): Promise<number> {
    return this.bytes.length;
  }

  async isAt(): Promise<boolean> {
    return false;
  }

  async write(): Promise<void> {
    throw new Error("what the object store has is only read");
  }

  async truncate(): Promise<void> {
    await this.write();
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {}
}
