/**
 * Real disks, twice: for the thread of the sessions, whose calls must not block, and for the
 * sealing thread, whose calls must not take the few threads that the former's commits run on.
 */
import fs from "node:fs";
import { codeOf, type Volume, type VolumeFile } from "./volume.ts";

const { O_CREAT, O_DSYNC, O_RDONLY, O_RDWR } = fs.constants;
const FLAGS = {
  read: O_RDONLY,
  write: O_RDWR | O_CREAT,
  durable: O_RDWR | O_CREAT | O_DSYNC,
} as const;

/** Someone may have put a file where a recording's folder would be. */
const ABSENT: readonly string[] = ["ENOENT", "ENOTDIR"];

/**
 * Calls run in the pool of the process. A thread that sleeps in `Atomics.wait` for each block made
 * it durable no sooner, and a call that blocked this one would hold up every cut while a disk hangs.
 */
export const diskVolume: Volume = {
  async open(file, access) {
    return new DiskFile(await fs.promises.open(file, FLAGS[access], 0o600));
  },
  async list(folder) {
    try {
      return await fs.promises.readdir(folder);
    } catch (error) {
      if (ABSENT.includes(codeOf(error))) return [];
      throw error;
    }
  },
  async exists(file) {
    try {
      await fs.promises.access(file);
      return true;
    } catch (error) {
      if (ABSENT.includes(codeOf(error))) return false;
      throw error;
    }
  },
  async makeFolder(folder) {
    try {
      await fs.promises.mkdir(folder, { mode: 0o700 });
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
  },
  async removeFolder(folder) {
    await fs.promises.rmdir(folder).catch((error) => {
      if (codeOf(error) !== "ENOTDIR") throw error;
    });
  },
  async rename(from, to) {
    await fs.promises.rename(from, to);
  },
  async remove(file) {
    await fs.promises.rm(file, { force: true });
  },
  async syncFolder(folder) {
    const handle = await fs.promises.open(folder, O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

class DiskFile implements VolumeFile {
  private readonly handle: fs.promises.FileHandle;
  /** Which file it is never changes. */
  private own: Promise<fs.Stats> | undefined;

  constructor(handle: fs.promises.FileHandle) {
    this.handle = handle;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const rest = bytes.length - done;
      const { bytesWritten } = await this.handle.write(bytes, done, rest, position + done);
      done += bytesWritten;
    }
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const rest = into.length - done;
      const { bytesRead } = await this.handle.read(into, done, rest, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  async isAt(file: string): Promise<boolean> {
    this.own ??= this.handle.stat();
    const [own, named] = await Promise.all([this.own, fs.promises.stat(file)]);
    return own.ino === named.ino && own.dev === named.dev;
  }

  async truncate(length: number): Promise<void> {
    await this.handle.truncate(length);
  }

  async sync(): Promise<void> {
    await this.handle.datasync();
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** Calls block the thread that makes them. */
export const blockingVolume: Volume = {
  async open(file, access) {
    return new BlockingFile(fs.openSync(file, FLAGS[access], 0o600));
  },
  async list(folder) {
    return unless(ABSENT, () => fs.readdirSync(folder)) ?? [];
  },
  async exists(file) {
    return unless(ABSENT, () => fs.accessSync(file) ?? true) ?? false;
  },
  async makeFolder(folder) {
    return unless(["EEXIST"], () => fs.mkdirSync(folder, { mode: 0o700 }) ?? true) ?? false;
  },
  async removeFolder(folder) {
    unless(["ENOTDIR"], () => fs.rmdirSync(folder));
  },
  async rename(from, to) {
    fs.renameSync(from, to);
  },
  async remove(file) {
    unless(ABSENT, () => fs.unlinkSync(file));
  },
  async syncFolder(folder) {
    const handle = fs.openSync(folder, O_RDONLY);
    try {
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
  },
};

class BlockingFile implements VolumeFile {
  private readonly handle: number;

  constructor(handle: number) {
    this.handle = handle;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      done += fs.writeSync(this.handle, bytes, done, bytes.length - done, position + done);
    }
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const count = fs.readSync(this.handle, into, done, into.length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async size(): Promise<number> {
    return fs.fstatSync(this.handle).size;
  }

  async isAt(file: string): Promise<boolean> {
    const [own, named] = [fs.fstatSync(this.handle), fs.statSync(file)];
    return own.ino === named.ino && own.dev === named.dev;
  }

  async truncate(length: number): Promise<void> {
    fs.ftruncateSync(this.handle, length);
  }

  async sync(): Promise<void> {
    fs.fdatasyncSync(this.handle);
  }

  async close(): Promise<void> {
    fs.closeSync(this.handle);
  }
}

/** Undefined if the call failed with one of these codes. */
function unless<T>(codes: readonly string[], call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (codes.includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** Blocks the thread, except while `while` works: then its calls run in the pool of the process. */
export class SealingVolume implements Volume {
  private volume = blockingVolume;

  async while(work: () => Promise<unknown>): Promise<void> {
    this.volume = diskVolume;
    try {
      await work();
    } finally {
      this.volume = blockingVolume;
    }
  }

  readonly open: Volume["open"] = (file, access) => this.volume.open(file, access);
  readonly list: Volume["list"] = (folder) => this.volume.list(folder);
  readonly exists: Volume["exists"] = (file) => this.volume.exists(file);
  readonly makeFolder: Volume["makeFolder"] = (folder) => this.volume.makeFolder(folder);
  readonly removeFolder: Volume["removeFolder"] = (folder) => this.volume.removeFolder(folder);
  readonly rename: Volume["rename"] = (from, to) => this.volume.rename(from, to);
  readonly remove: Volume["remove"] = (file) => this.volume.remove(file);
  readonly syncFolder: Volume["syncFolder"] = (folder) => this.volume.syncFolder(folder);
}
