/**
 * Bytes kept on the volume so that open recordings can be closed when it is full: given up at
 * the first ENOSPC, taken again when there is room.
 */

import type { Volume } from "./volume.ts";
import { fillWithZeros } from "./write-ahead-files.ts";

export class Reserve {
  private readonly volume: Volume;
  private readonly path: string;
  private readonly length: number;
  private isHeld = false;

  constructor(volume: Volume, path: string, length: number) {
    this.volume = volume;
    this.path = path;
    this.length = length;
  }

  /** Throws if the volume has no room for it. */
  async take(): Promise<void> {
    if (this.isHeld) return;
    if (!(await this.volume.exists(this.path))) {
      const temporary = `${this.path}.tmp`;
      try {
        await fillWithZeros(this.volume, temporary, this.length);
      } catch (error) {
        await this.volume.remove(temporary).catch(() => undefined);
        throw error;
      }
      await this.volume.rename(temporary, this.path);
    }
    this.isHeld = true;
  }

  /** True if there was something to give up. */
  async give(): Promise<boolean> {
    if (!this.isHeld) return false;
    await this.volume.remove(this.path);
    this.isHeld = false;
    return true;
  }
}
