/**
 * The site log: what happened at a site, as a Merkle log that nobody can shorten or rewrite
 * without being caught.
 *
 *     <directory>/keys/1.pem           signs checkpoints; never published, destroyed once it is spent
 *                 keys/1.pub           what stays of it
 *                 1/checkpoint         the newest one
 *                 1/tile/…             C2SP tlog-tiles
 *                 1/staging/…          leaves that are durable and not in tiles yet
 *                 1/history            older checkpoints, one a minute at most
 *                 2/…                  after a change of key
 *
 * A change of key is a new log: its first leaf names the last checkpoint of the old one, whose
 * last leaf names the new key. Each step is durable before the next, and opening goes on with
 * the first one that is missing.
 */
import path from "node:path";
import { consistencyProof, inclusionProof } from "../../../protocols/log/merkle.ts";
import { formatKey } from "../../../protocols/log/note.ts";
import type { Clock } from "../../clock.ts";
import { diskVolume } from "../disk-volume.ts";
import type { Volume } from "../volume.ts";
import { type Generation, openNewest, orRelease, replaceNewest } from "./generations.ts";
import type { Away, GrowingLog, LogState } from "./growing-log.ts";
import { History } from "./history.ts";
import { type LogEvent, leafOf } from "./leaf.ts";
import type { LogLimits } from "./limits.ts";
import type { PublishedCheckpoint } from "./published-checkpoint.ts";
import { sha256 } from "./sha256.ts";
import type { LogKeys } from "./signer.ts";

/** Remembers a checkpoint outside of the log, so that a log put back or taken away is noticed. */
export interface LogMemory {
  /** The note written last. */
  read(): Promise<string | undefined>;
  write(note: string): Promise<void>;
}

export interface SiteLogOptions {
  /** Made if it is not there; its parent must be. Only one process may write to it. */
  readonly directory: string;
  /** Names the logs of this site: `<name>/log/1` is the origin of the first. No spaces, no `+`. */
  readonly name: string;
  readonly build: string;
  readonly clock: Clock;
  readonly openSessions?: () => number;
  readonly memory?: LogMemory;
  /** Begin a new log under a new key. */
  readonly rotate?: boolean;
  /** Default: files in `<directory>/keys`. */
  readonly keys?: LogKeys;
  readonly volume?: Volume;
  readonly limits?: Partial<LogLimits>;
}

/** One a minute says that the log was alive, and how many sessions there were. */
const HEARTBEAT_MS = 60_000;

export class SiteLog {
  private readonly options: SiteLogOptions;
  private readonly history: History;
  private readonly stateListeners = new Set<(state: LogState) => void>();
  private readonly signerListeners = new Set<(away: Away | undefined) => void>();
  private readonly checkpointListeners = new Set<(checkpoint: PublishedCheckpoint) => void>();
  private readonly log: GrowingLog;
  private stopHeartbeat: (() => void) | undefined;

  private constructor(options: SiteLogOptions, { log, folder }: Generation, links: Links) {
    this.options = options;
    this.log = log;
    this.history = new History(options.volume ?? diskVolume, folder);
    links.onState = (state) => {
      for (const listener of this.stateListeners) listener(state);
    };
    links.onSigner = (away) => {
      for (const listener of this.signerListeners) listener(away);
    };
    links.onCheckpoint = (checkpoint) => this.published(checkpoint);
  }

  /** Recovers what an earlier run left, and goes on. @throws LogRefused */
  static async open(options: SiteLogOptions): Promise<SiteLog> {
    const { memory, build } = options;
    await makeFolders(options);
    const links: Links = { onState: () => {}, onSigner: () => {}, onCheckpoint: () => {} };
    const newest = await openNewest(options, {
      onState: (state) => links.onState(state),
      onSigner: (away) => links.onSigner(away),
      onCheckpoint: (checkpoint) => links.onCheckpoint(checkpoint),
    });
    const siteLog = new SiteLog(options, newest, links);
    await orRelease(newest.log, async () => {
      await siteLog.append({ kind: "log.started", build });
      await memory?.write(newest.log.checkpoint.note);
    });
    siteLog.stopHeartbeat = options.clock.after(HEARTBEAT_MS, () => siteLog.beat());
    return siteLog;
  }

  /**
   * Begins a new log although the one that is there was refused; a person has looked into it.
   * @returns its key
   */
  static async replace(
    options: SiteLogOptions,
    why: { readonly reason: string; readonly by: string },
  ): Promise<string> {
    await makeFolders(options);
    const { log } = await replaceNewest(options, why);
    await log.close();
    return formatKey(log.key);
  }

  /** Name of the log in force. */
  get origin(): string {
    return this.log.origin;
  }

  /** Public key of the log in force, as policies write it. */
  get key(): string {
    return formatKey(this.log.key);
  }

  get size(): number {
    return this.log.size;
  }

  get state(): LogState {
    return this.log.state;
  }

  /** Since when nobody signs; leaves are kept all the same. */
  get signerAway(): Away | undefined {
    return this.log.signerAway;
  }

  get checkpoint(): PublishedCheckpoint {
    return this.log.checkpoint;
  }

  /**
   * Resolves once the event is durable. Rejects with `LogUnavailable` if it is not kept, and with
   * a RangeError if it is too long.
   */
  async append(event: LogEvent): Promise<{ readonly index: number }> {
    return { index: await this.log.append(leafOf(event, this.options.clock.wallMs())) };
  }

  /** Resolves once a checkpoint covers every event that was durable at the call. */
  publish(): Promise<void> {
    return this.log.publish();
  }

  /** Puts cosignatures into the checkpoint, if it is still in force. */
  async keepNote(checkpoint: PublishedCheckpoint): Promise<void> {
    await this.log.keepNote(checkpoint);
    this.history.keep(checkpoint, "cosigned", this.options.clock.wallMs());
  }

  /** Audit path of a leaf in the tree of a checkpoint's size. */
  inclusion(index: number, size: number): Promise<readonly Uint8Array[]> {
    return this.log.tiles.withNodes(size, (node) => inclusionProof(index, size, node, sha256));
  }

  /** Proof that the tree of the first size is a beginning of that of the second. */
  consistency(first: number, second: number): Promise<readonly Uint8Array[]> {
    return this.log.tiles.withNodes(second, (node) =>
      consistencyProof(first, second, node, sha256),
    );
  }

  onState(listener: (state: LogState) => void): () => void {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  }

  /** Told when nobody signs any more, and when somebody does again. */
  onSigner(listener: (away: Away | undefined) => void): () => void {
    this.signerListeners.add(listener);
    return () => this.signerListeners.delete(listener);
  }

  onCheckpoint(listener: (checkpoint: PublishedCheckpoint) => void): () => void {
    this.checkpointListeners.add(listener);
    return () => this.checkpointListeners.delete(listener);
  }

  async close(): Promise<void> {
    this.stopHeartbeat?.();
    await this.log.close();
    await this.history.settle();
  }

  private published(checkpoint: PublishedCheckpoint): void {
    // Remembering serves the next start; that it failed is no reason to stop this one.
    this.options.memory?.write(checkpoint.note).catch(() => undefined);
    this.history.keep(checkpoint, "published", this.options.clock.wallMs());
    for (const listener of this.checkpointListeners) listener(checkpoint);
  }

  private beat(): void {
    const openSessions = this.options.openSessions?.() ?? 0;
    // A log that fails says so by its state.
    this.append({ kind: "heartbeat", openSessions }).catch(() => undefined);
    this.stopHeartbeat = this.options.clock.after(HEARTBEAT_MS, () => this.beat());
  }
}

async function makeFolders({ directory, volume = diskVolume }: SiteLogOptions): Promise<void> {
  for (const folder of [directory, path.join(directory, "keys")]) {
    await volume.makeFolder(folder);
    await volume.syncFolder(path.dirname(folder));
  }
}

/** Set once there is something to tell. */
interface Links {
  onState: (state: LogState) => void;
  onSigner: (away: Away | undefined) => void;
  onCheckpoint: (checkpoint: PublishedCheckpoint) => void;
}
