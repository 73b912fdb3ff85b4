/**
 * How full the volume of the evidence is. People are told at 70, 85 and 95 %; at the last no new
 * recording begins. Below the floor the recorder fails by design, so that sessions freeze and what
 * is left stays free for closing recordings, and for signing in and cutting where the database
 * shares the volume.
 */
import { statfs } from "node:fs/promises";
import type { Clock } from "../clock.ts";

export interface VolumeUse {
  /** What the broker could fill at most, and what of it is free. */
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** Percent in use that was reached; 0 below the first. */
export type VolumeLevel = 0 | 70 | 85 | 95;

export interface VolumeState extends VolumeUse {
  readonly level: VolumeLevel;
  /** True once less is free than recording may use. */
  readonly atFloor: boolean;
}

/** From the highest down. */
const LEVELS = [95, 85, 70] as const;
/** A level is left only this far below it, so that it is not told again and again. */
const BACK_PERCENT = 2;
/** A full disk takes longer than this to fill from one level to the next. */
const LOOK_MS = 10_000;
/** For the database, its journal, and the last segments of what is open. */
export const FREE_FLOOR_BYTES = 64 * 1024 * 1024;
/** On volumes so small that this floor would be most of them. */
const FLOOR_SHARE = 0.02;

export interface VolumeWatchParts {
  readonly clock: Clock;
  use(): Promise<VolumeUse>;
  /** At the first look, and whenever the level or the floor is reached or left. */
  changed(state: VolumeState): void;
}

export class VolumeWatch {
  private readonly parts: VolumeWatchParts;
  private now: VolumeState | undefined;
  private stopTimer: (() => void) | undefined;
  private stopped = false;

  constructor(parts: VolumeWatchParts) {
    this.parts = parts;
  }

  get state(): VolumeState | undefined {
    return this.now;
  }

  /** Why no recording may begin now. */
  refusal(): string | undefined {
    if (this.now?.level !== 95) return undefined;
    return "The volume of the recordings is 95 % full: free some of it, then open the session again.";
  }

  /** Looks now, and again from time to time. A volume that cannot be asked keeps its last state. */
  async look(): Promise<void> {
    this.stopTimer?.();
    const use = await this.parts.use().catch(() => undefined);
    if (this.stopped) return;
    if (use !== undefined && use.totalBytes > 0) this.take(use);
    this.stopTimer = this.parts.clock.after(LOOK_MS, () => void this.look());
  }

  stop(): void {
    this.stopped = true;
    this.stopTimer?.();
  }

  private take(use: VolumeUse): void {
    const before = this.now;
    const level = levelOf(use, before?.level ?? 0);
    const floor = Math.min(FREE_FLOOR_BYTES, use.totalBytes * FLOOR_SHARE);
    this.now = { ...use, level, atFloor: use.freeBytes < floor };
    if (before?.level === level && before.atFloor === this.now.atFloor) return;
    this.parts.changed(this.now);
  }
}

function levelOf({ totalBytes, freeBytes }: VolumeUse, before: VolumeLevel): VolumeLevel {
  const percent = ((totalBytes - freeBytes) / totalBytes) * 100;
  const reached = (level: number): boolean =>
    percent >= (before >= level ? level - BACK_PERCENT : level);
  return LEVELS.find(reached) ?? 0;
}

export async function diskUse(folder: string): Promise<VolumeUse> {
  return spaceOf(await statfs(folder));
}

/** Of statfs(2), in blocks of `bsize` bytes. */
type Blocks = Readonly<Record<"blocks" | "bfree" | "bavail" | "bsize", number>>;

/** As `df` counts: without what is kept for root. */
export function spaceOf(volume: Blocks): VolumeUse {
  const { blocks, bfree, bavail, bsize } = volume;
  return { totalBytes: (blocks - bfree + bavail) * bsize, freeBytes: bavail * bsize };
}

/** Between 0 and 1. */
export function shareUsed({ totalBytes, freeBytes }: VolumeUse): number {
  return 1 - freeBytes / Math.max(1, totalBytes);
}
