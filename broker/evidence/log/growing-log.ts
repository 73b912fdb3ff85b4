/**
 * One log under one name and key: leaves become durable in group commits, then tiles, then a
 * signed checkpoint. Recovery is the same road: what a crash left in the staging file is pushed
 * into the tree and written as tiles like any other leaf.
 */
import path from "node:path";
import type { GrowingTree } from "../../../protocols/log/growing-tree.ts";
import { consistencyProof, leafHash } from "../../../protocols/log/merkle.ts";
import { ED25519, type NoteKey, noteKey } from "../../../protocols/log/note.ts";
import type { Clock } from "../../clock.ts";
import { type Volume, writeWhole } from "../volume.ts";
import { CommitQueue, LogUnavailable } from "./commit-queue.ts";
import { LEAF_BYTES_MAX, type LogLimits } from "./limits.ts";
import { PassedPartials } from "./passed-partials.ts";
import { beginLog, type PublishedCheckpoint, signCheckpoint } from "./published-checkpoint.ts";
import { type LogPlace, LogRefused, resumeLog } from "./resume.ts";
import { sha256 } from "./sha256.ts";
import { type LogSigner, type ProveFrom, SignerAway } from "./signer.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";
import { StagingFile } from "./staging.ts";
import { TileFiles } from "./tile-files.ts";
import { Turns } from "./turns.ts";

/** Why no leaf can be kept now; each state is shown to people with its cause. */
export type LogState =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly cause: string; readonly sinceMs: number };

export interface GrowingLogParts {
  readonly volume: Volume;
  readonly folder: string;
  /** Name of the log if it is new; one that is there keeps its own. */
  readonly origin: string;
  readonly signer: LogSigner;
  readonly clock: Clock;
  readonly limits: LogLimits;
  /** The leaf that says, first of all after a failure, that there was one. */
  readonly gapLeaf: (failed: LogState & { kind: "failed" }) => Uint8Array;
  readonly onState: (state: LogState) => void;
  /** Nobody signs any more, or somebody does again. */
  readonly onSigner: (away: Away | undefined) => void;
  /** A new checkpoint is in force. */
  readonly onCheckpoint: (checkpoint: PublishedCheckpoint) => void;
}

/** Nobody signs: leaves are kept, and checkpoints stop. */
export interface Away {
  readonly cause: string;
  readonly sinceMs: number;
}

export class GrowingLog {
  readonly key: NoteKey;
  readonly tiles: TileFiles;
  private readonly parts: GrowingLogParts;
  private readonly staging: string;
  private readonly tree: GrowingTree;
  private readonly queue: CommitQueue;
  private readonly passed: PassedPartials;
  /** Commits, and the change of staging files between them. */
  private readonly turns = new Turns();
  private file: StagingFile;
  private stagingNames: number[];
  private edge: readonly Uint8Array[];
  private staged: Uint8Array[] = [];
  private stagedBytes = 0;
  private unpublished: Snapshot | undefined;
  /** Whose tiles are in place already. */
  private tiled: Snapshot | undefined;
  private away: Away | undefined;
  private published: PublishedCheckpoint;
  private publishing: Promise<void> | undefined;
  private publishingNext: Promise<void> | undefined;
  private stopTimer: (() => void) | undefined;
  private stopRetry: (() => void) | undefined;
  private now: LogState = { kind: "ready" };
  private closed = false;

  private constructor(parts: GrowingLogParts, start: Start) {
    this.parts = parts;
    this.key = start.key;
    this.tiles = start.tiles;
    this.staging = path.join(parts.folder, "staging");
    this.tree = start.tree;
    this.edge = start.edge;
    this.file = start.file;
    this.stagingNames = [...start.stagingNames];
    this.published = start.published;
    this.passed = new PassedPartials(start.tiles);
    this.queue = new CommitQueue(parts.limits, (entries) => this.commit(entries));
  }

  /** @throws LogRefused if what is there is not one log, whole and of this key */
  static async open(parts: GrowingLogParts): Promise<GrowingLog> {
    const { volume, folder, limits, signer } = parts;
    const tiles = new TileFiles(volume, folder);
    const { publicKey } = signer;
    const place: LogPlace = { volume, folder, tiles, publicKey, checkedTiles: limits.checkedTiles };
    await volume.makeFolder(folder);
    await volume.syncFolder(path.dirname(folder));
    if ((await resumeLog(place)) === undefined) await beginLog(parts);
    const resumed = await resumeLog(place);
    if (!resumed) throw new LogRefused("the site log could not be begun");
    await volume.makeFolder(path.join(folder, "staging"));
    await volume.syncFolder(folder);
    const { checkpoint, note, tree, edge, staged, stagingNames } = resumed;
    // Named behind all leaves: the ones before it stay where they are until they are in tiles.
    const first = checkpoint.size + staged.length;
    const names = stagingNames.filter((name) => name !== first);
    const file = await StagingFile.create(volume, path.join(folder, "staging"), first);
    const log = new GrowingLog(parts, {
      ...{ tiles, tree, edge, file, stagingNames: [...names, first] },
      key: noteKey(checkpoint.origin, ED25519, publicKey, sha256),
      published: { size: checkpoint.size, root: checkpoint.root, note },
    });
    for (const entry of staged) log.take(entry);
    try {
      await log.passed.find(checkpoint.size);
      // With nobody there to sign they stay staged, as they were.
      if (staged.length > 0) await log.publish().catch((error) => log.mustBeAway(error));
    } catch (error) {
      await log.release();
      throw error;
    }
    return log;
  }

  get origin(): string {
    return this.key.name;
  }

  /** Leaves that are durable. */
  get size(): number {
    return this.tree.size;
  }

  get checkpoint(): PublishedCheckpoint {
    return this.published;
  }

  get signerAway(): Away | undefined {
    return this.away;
  }

  get state(): LogState {
    return this.now;
  }

  /** Resolves with the leaf's index once it is durable. Rejects with `LogUnavailable`. */
  append(entry: Uint8Array): Promise<number> {
    if (entry.length > LEAF_BYTES_MAX) {
      return Promise.reject(new RangeError("an event is too long for the site log"));
    }
    if (this.closed) return Promise.reject(new LogUnavailable("the site log is closed"));
    if (this.now.kind === "failed") return Promise.reject(new LogUnavailable(this.now.cause));
    return this.queue.add(entry);
  }

  /** Resolves once a checkpoint covers every leaf that was durable at the call. */
  publish(): Promise<void> {
    if (!this.publishing) return this.startPublishing();
    const next = () => {
      this.publishingNext = undefined;
      return this.startPublishing();
    };
    this.publishingNext ??= this.publishing.then(next, next);
    return this.publishingNext;
  }

  /** Puts cosignatures into the checkpoint, if it is still the one that they were made for. */
  async keepNote(checkpoint: PublishedCheckpoint): Promise<void> {
    const { volume, folder } = this.parts;
    await this.turns.take(async () => {
      if (checkpoint.size !== this.published.size) return;
      const bytes = new TextEncoder().encode(checkpoint.note);
      // A crash leaves the note without the cosignatures, which is asked for again at the start.
      await writeWhole(volume, path.join(folder, "checkpoint"), bytes);
      this.published = checkpoint;
    });
  }

  /** Commits what was appended, publishes it, and lets go. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.queue.idle();
    await this.publish().catch(() => undefined);
    this.stopTimer?.();
    this.stopRetry?.();
    await this.turns.take(() => this.file.close());
  }

  /** Lets go of a log that will not be continued, without another word in it. */
  async release(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.stopTimer?.();
    await this.queue.idle();
    await this.publishing?.catch(() => undefined);
    this.stopRetry?.();
    await this.turns.take(() => this.file.close());
  }

  private async commit(entries: readonly Uint8Array[]): Promise<number> {
    if (this.now.kind === "failed") throw new LogUnavailable(this.now.cause);
    // Tiles have fallen behind: waiting here fills the queue, which then refuses.
    if (this.staged.length >= 2 * this.parts.limits.stagedLeaves) await this.publish();
    try {
      return await this.turns.take(async () => {
        const first = await this.put(entries);
        this.schedule();
        return first;
      });
    } catch (error) {
      throw new LogUnavailable(this.fail(error));
    }
  }

  private async put(entries: readonly Uint8Array[]): Promise<number> {
    const first = this.tree.size;
    await this.file.append(first, entries);
    for (const entry of entries) this.take(entry);
    return first;
  }

  /** A leaf that is durable: from here on it is part of the tree. */
  private take(entry: Uint8Array): void {
    this.tree.push(leafHash(entry, sha256));
    this.staged.push(entry);
    this.stagedBytes += entry.length;
  }

  private schedule(): void {
    const { limits, clock } = this.parts;
    const { stagedLeaves, stagedBytes, checkpointAfterMs } = limits;
    const publish = () => void this.publish().catch(() => undefined);
    // While nobody signs, the retry asks.
    if (this.away) return;
    if (this.staged.length >= stagedLeaves || this.stagedBytes >= stagedBytes) {
      if (!this.publishing) publish();
    } else this.stopTimer ??= clock.after(checkpointAfterMs, publish);
  }

  private startPublishing(): Promise<void> {
    this.stopTimer?.();
    this.stopTimer = undefined;
    this.publishing = this.publishAll().finally(() => {
      this.publishing = undefined;
    });
    return this.publishing;
  }

  /** Also what an attempt that failed had taken out of the tree. */
  private async publishAll(): Promise<void> {
    try {
      if (this.unpublished) await this.write(this.unpublished);
      await this.tryAgain();
      const snapshot = await this.turns.take(() => this.change());
      if (snapshot) await this.write(snapshot);
    } catch (error) {
      if (error instanceof SignerAway) throw new LogUnavailable(this.nobodySigns(error));
      throw new LogUnavailable(this.fail(error));
    }
    this.signs();
  }

  private nobodySigns({ message }: SignerAway): string {
    const { clock, limits, onSigner } = this.parts;
    if (!this.away) {
      this.away = { cause: message, sinceMs: clock.wallMs() };
      onSigner(this.away);
    }
    this.stopRetry?.();
    if (!this.closed) this.stopRetry = clock.after(limits.retryMs, () => this.retry());
    return message;
  }

  private signs(): void {
    if (!this.away) return;
    this.away = undefined;
    this.parts.onSigner(undefined);
  }

  private mustBeAway(error: unknown): void {
    if (!this.away) throw error;
  }

  /** Between two commits: the next ones go to another staging file, so this one can be removed. */
  private async change(): Promise<Snapshot | undefined> {
    await this.file.mend();
    if (this.staged.length === 0) return undefined;
    await this.nextFile();
    const snapshot = takeSnapshot(this.tree, this.edge, this.staged);
    this.unpublished = snapshot;
    this.edge = snapshot.edge;
    this.staged = [];
    this.stagedBytes = 0;
    return snapshot;
  }

  private async nextFile(): Promise<void> {
    const first = this.tree.size;
    // Nothing was put into the present one: what is staged came from an earlier run's.
    if (this.stagingNames.at(-1) === first) return;
    const next = await StagingFile.create(this.parts.volume, this.staging, first);
    // Each append to it was durable when it returned: closing it can lose nothing.
    await this.file.close().catch(() => undefined);
    this.file = next;
    this.stagingNames.push(first);
  }

  private async write(snapshot: Snapshot): Promise<void> {
    const { volume, folder } = this.parts;
    // A crash before the checkpoint is in place: the leaves are still staged, and the tiles are
    // written again with the same bytes.
    if (this.tiled !== snapshot) await this.tiles.write(snapshot.files);
    this.tiled = snapshot;
    const published = await this.sign(snapshot);
    if (published.size <= this.published.size) throw new Error("a checkpoint would go back");
    await this.turns.take(async () => {
      await writeWhole(volume, path.join(folder, "checkpoint"), Buffer.from(published.note));
      this.published = published;
    });
    this.unpublished = undefined;
    // A crash from here on leaves files that nothing needs; they are removed with the next ones.
    await this.removeStaging(snapshot.size);
    await this.passed.after(snapshot.partial);
    this.parts.onCheckpoint(published);
  }

  private async sign({ size, root }: Snapshot): Promise<PublishedCheckpoint> {
    const proveFrom: ProveFrom = (old) =>
      this.tiles.withNodes(size, (node) => consistencyProof(old, size, node, sha256));
    return signCheckpoint(this.key, this.parts.signer, size, root, proveFrom);
  }

  /** Files whose successor begins at or before the checkpoint hold nothing beyond it. */
  private async removeStaging(size: number): Promise<void> {
    for (;;) {
      const [oldest, next] = this.stagingNames;
      if (oldest === undefined || next === undefined || next > size) return;
      await this.parts.volume.remove(path.join(this.staging, String(oldest)));
      this.stagingNames.shift();
    }
  }

  private fail(error: unknown): string {
    const { clock, limits } = this.parts;
    const cause = error instanceof Error ? error.message : String(error);
    if (this.now.kind === "ready") {
      this.now = { kind: "failed", cause, sinceMs: clock.wallMs() };
      this.parts.onState(this.now);
    }
    this.stopRetry?.();
    if (!this.closed) this.stopRetry = clock.after(limits.retryMs, () => this.retry());
    return cause;
  }

  private retry(): void {
    this.publish().catch(() => undefined);
  }

  /** After a failure: what works is shown by a leaf that says since when nothing was kept. */
  private async tryAgain(): Promise<void> {
    const failed = this.now;
    if (failed.kind === "ready") return;
    await this.turns.take(async () => {
      await this.file.mend();
      await this.put([this.parts.gapLeaf(failed)]);
    });
    this.now = { kind: "ready" };
    this.parts.onState(this.now);
  }
}

interface Start {
  readonly key: NoteKey;
  readonly tiles: TileFiles;
  readonly tree: GrowingTree;
  readonly edge: readonly Uint8Array[];
  readonly file: StagingFile;
  readonly stagingNames: readonly number[];
  readonly published: PublishedCheckpoint;
}
