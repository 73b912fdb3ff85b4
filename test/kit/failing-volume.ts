import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import type { Volume, VolumeFile } from "../../broker/evidence/volume.ts";

/** The real disk, of which the n-th operation that changes it fails, or all from there on; a write is torn then. */
export class FailingVolume implements Volume {
  count = 0;
  /** Operation with this number fails; with `forever`, all later ones too. */
  failAt = Number.MAX_SAFE_INTEGER;
  forever = false;
  code = "EIO";

  private step(): void {
    this.count++;
    const fails = this.forever ? this.count >= this.failAt : this.count === this.failAt;
    if (fails) throw Object.assign(new Error(`${this.code}: injected`), { code: this.code });
  }

  async open(file: string, access: "read" | "write" | "durable"): Promise<VolumeFile> {
    if (access !== "read") this.step();
    const opened = await diskVolume.open(file, access);
    return {
      write: async (bytes, position) => {
        try {
          this.step();
        } catch (error) {
          // Torn: half of it arrives.
          await opened.write(bytes.subarray(0, bytes.length >> 1), position);
          throw error;
        }
        await opened.write(bytes, position);
      },
      read: (into, position) => opened.read(into, position),
      size: () => opened.size(),
      isAt: (name) => opened.isAt(name),
      truncate: async (length) => {
        this.step();
        await opened.truncate(length);
      },
      sync: async () => {
        this.step();
        await opened.sync();
      },
      close: () => opened.close(),
    };
  }

  list = (folder: string) => diskVolume.list(folder);
  exists = (file: string) => diskVolume.exists(file);

  async makeFolder(folder: string): Promise<boolean> {
    this.step();
    return diskVolume.makeFolder(folder);
  }

  async removeFolder(folder: string): Promise<void> {
    this.step();
    await diskVolume.removeFolder(folder);
  }

  async rename(from: string, to: string): Promise<void> {
    this.step();
    await diskVolume.rename(from, to);
  }

  async remove(file: string): Promise<void> {
    this.step();
    await diskVolume.remove(file);
  }

  async syncFolder(folder: string): Promise<void> {
    this.step();
    await diskVolume.syncFolder(folder);
  }
}
