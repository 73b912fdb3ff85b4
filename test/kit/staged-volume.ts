/** The real disk behind a gate: writes can be made to wait, or to fail. */
import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import type { Volume, VolumeFile } from "../../broker/evidence/volume.ts";

export class StagedVolume implements Volume {
  /** Thrown by every write while it is set. */
  failure: Error | undefined;
  private gate: Promise<void> | undefined;
  private openGate: () => void = () => {};

  /** Writes wait from now on. */
  hold(): void {
    this.gate ??= new Promise((resolve) => {
      this.openGate = resolve;
    });
  }

  release(): void {
    this.gate = undefined;
    this.openGate();
  }

  async open(file: string, access: "read" | "write" | "durable"): Promise<VolumeFile> {
    if (this.failure && access !== "read") throw this.failure;
    const opened = await diskVolume.open(file, access);
    return {
      read: (into, position) => opened.read(into, position),
      size: () => opened.size(),
      isAt: (name) => opened.isAt(name),
      truncate: (length) => opened.truncate(length),
      close: () => opened.close(),
      write: async (bytes, position) => {
        await this.gate;
        if (this.failure) throw this.failure;
        await opened.write(bytes, position);
      },
      sync: async () => {
        if (this.failure) throw this.failure;
        await opened.sync();
      },
    };
  }

  list(folder: string): Promise<readonly string[]> {
    return diskVolume.list(folder);
  }

  exists(file: string): Promise<boolean> {
    return diskVolume.exists(file);
  }

  makeFolder(folder: string): Promise<boolean> {
    return diskVolume.makeFolder(folder);
  }

  removeFolder(folder: string): Promise<void> {
    return diskVolume.removeFolder(folder);
  }

  rename(from: string, to: string): Promise<void> {
    return diskVolume.rename(from, to);
  }

  remove(file: string): Promise<void> {
    return diskVolume.remove(file);
  }

  syncFolder(folder: string): Promise<void> {
    return diskVolume.syncFolder(folder);
  }
}
