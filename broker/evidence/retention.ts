/**
 * Recordings go when the policy says so, and in no other way. What stays is the manifest, the
 * close with its root, and a tombstone that says when and by which policy: the listing has no
 * holes, and the log's leaves still find what they speak of.
 *
 * A legal hold keeps a recording beyond every policy. Holding, releasing and deleting come one
 * after another, so that none is deleted whose hold was answered.
 */
import type { Clock } from "../clock.ts";
import type { Hold, Tombstone } from "./descriptions.ts";
import { FORMAT } from "./descriptions.ts";
import { RecordingFolder } from "./recording-folder.ts";
import { isSessionId } from "./session-id.ts";
import type { Volume } from "./volume.ts";

/** Often enough for a policy in days. */
const SWEEP_MS = 60 * 60_000;
/** A wrong clock must not cost all recordings before somebody sees the first events. */
const DELETED_A_SWEEP_MAX = 100;

export interface RetentionParts {
  readonly volume: Volume;
  readonly recordings: string;
  readonly clock: Clock;
  /** How long a recording is kept after its end; undefined: for ever. */
  readonly keepMs: number | undefined;
  /** The tombstone is in place; the content goes once this resolves. */
  tombstone(tombstone: Tombstone): Promise<void>;
  /** What is known of the recording is no longer so. */
  changed(session: string): void;
  /** Why nothing can be deleted now. */
  trouble(error: unknown): void;
}

export class Retention {
  private readonly parts: RetentionParts;
  private last: Promise<unknown> = Promise.resolve();
  private stopTimer: (() => void) | undefined;
  private stopped = false;

  constructor(parts: RetentionParts) {
    this.parts = parts;
  }

  start(): void {
    if (this.stopped || this.parts.keepMs === undefined) return;
    this.stopTimer = this.parts.clock.after(SWEEP_MS, () => {
      void this.sweep()
        .catch((error: unknown) => this.parts.trouble(error))
        .then(() => this.start());
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.stopTimer?.();
    await this.last;
  }

  /** False if there is no such recording, or nothing of it left. */
  hold(session: string, hold: Hold): Promise<boolean> {
    return this.inTurn(async () => {
      const folder = this.folderOf(session);
      if ((await folder.readManifest()) === undefined) return false;
      if ((await folder.readTombstone()) !== undefined) return false;
      await folder.writeHold(hold);
      this.parts.changed(session);
      return true;
    });
  }

  /** False if it was not held. */
  release(session: string): Promise<boolean> {
    return this.inTurn(async () => {
      const folder = this.folderOf(session);
      if (!(await folder.isHeld())) return false;
      await folder.removeHold();
      this.parts.changed(session);
      return true;
    });
  }

  /** Deletes what is due, and finishes what a crash left half deleted. */
  async sweep(): Promise<void> {
    const { volume, recordings } = this.parts;
    let deleted = 0;
    for (const session of await volume.list(recordings)) {
      if (this.stopped || deleted >= DELETED_A_SWEEP_MAX) return;
      if (!isSessionId(session)) continue;
      if (await this.inTurn(() => this.deleteIfDue(session))) deleted++;
    }
  }

  private async deleteIfDue(session: string): Promise<boolean> {
    const folder = this.folderOf(session);
    const before = await folder.readTombstone();
    const tombstone = before ?? (await this.tombstoneIfDue(session, folder));
    if (tombstone === undefined || (before && !(await folder.hasContent()))) return false;
    if (before === undefined) await folder.writeTombstone(tombstone);
    await this.parts.tombstone(tombstone);
    await folder.removeContent();
    this.parts.changed(session);
    return true;
  }

  private async tombstoneIfDue(
    session: string,
    folder: RecordingFolder,
  ): Promise<Tombstone | undefined> {
    const { keepMs, clock } = this.parts;
    const close = await folder.readClose();
    if (close === undefined || keepMs === undefined) return undefined;
    if (close.endedMs + keepMs > clock.wallMs() || (await folder.isHeld())) return undefined;
    const { segments, records, bytes, root } = close;
    const deletedMs = Math.floor(clock.wallMs());
    return { format: FORMAT, session, deletedMs, keepMs, segments, records, bytes, root };
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.last.then(act);
    this.last = result.catch(() => undefined);
    return result;
  }

  private folderOf(session: string): RecordingFolder {
    return new RecordingFolder(this.parts.volume, this.parts.recordings, session);
  }
}
