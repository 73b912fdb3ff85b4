/**
 * The broker's hand on the site log. What must be in the log before something happens is awaited
 * (`openSession`); everything else is noted, and waits here while the log cannot be written. A
 * log that cannot be opened keeps nobody from signing in and cutting: sessions only do not open.
 */
import path from "node:path";
import type { Header } from "../../../protocols/tape/record.ts";
import { diskVolume } from "../disk-volume.ts";
import { isSessionId } from "../session-id.ts";
import { withFile } from "../volume.ts";
import { LogUnavailable } from "./commit-queue.ts";
import type { Away, LogState } from "./growing-log.ts";
import type { LogEvent } from "./leaf.ts";
import { closeLeaf, openLeaf } from "./recording-leaf.ts";
import { LogRefused } from "./resume.ts";
import { SiteLog, type SiteLogOptions } from "./site-log.ts";

export interface LogBookOptions extends Omit<SiteLogOptions, "openSessions"> {
  /** Folder of the recordings. */
  readonly recordings: string;
  /** How long sessions may begin while nobody signs; absent: for ever. */
  readonly signerAwayMaxMs?: number;
}

/** Events kept while the log cannot be written; beyond them it is said how many were lost. */
const WAITING_MAX = 10_000;
/** A broker that stops waits so long for recordings to be sealed; the next start looks again. */
const SETTLE_MS = 5_000;
/** Between two attempts to open a log that could not be opened. */
const REOPEN_MS = 5_000;

interface Noted {
  readonly event: LogEvent;
  readonly kept: () => void;
}

export class LogBook {
  private readonly options: LogBookOptions;
  private log: SiteLog | undefined;
  private refused: LogState | undefined;
  private waiting: Noted[] = [];
  private lost = 0;
  private flushing = false;
  private flushed = Promise.resolve();
  private stopReopening: (() => void) | undefined;
  private closed = false;
  private readonly closing = new Set<Promise<void>>();
  /** Sessions that were opened and not closed. */
  private readonly live = new Set<string>();
  /** Called whenever one of them has ended. */
  private ended: () => void = () => {};
  private readonly stateListeners = new Set<(state: LogState) => void>();
  private readonly signerListeners = new Set<(away: Away | undefined) => void>();
  private readonly openListeners = new Set<(log: SiteLog) => void>();

  private constructor(options: LogBookOptions) {
    this.options = options;
  }

  /** Never fails: what stands in the way is the state, and is tried again unless it was refused. */
  static async open(options: LogBookOptions): Promise<LogBook> {
    const book = new LogBook(options);
    await book.openLog();
    return book;
  }

  get state(): LogState {
    return this.log?.state ?? this.refused ?? NOT_OPEN;
  }

  /** Undefined while it could not be opened. */
  get siteLog(): SiteLog | undefined {
    return this.log;
  }

  onState(listener: (state: LogState) => void): () => void {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  }

  /** Told when nobody signs any more, and when somebody does again; at once if nobody does now. */
  onSigner(listener: (away: Away | undefined) => void): () => void {
    this.signerListeners.add(listener);
    const away = this.log?.signerAway;
    if (away) listener(away);
    return () => this.signerListeners.delete(listener);
  }

  /** Called at once if the log is open, else when it is. */
  whenOpen(listener: (log: SiteLog) => void): void {
    if (this.log) listener(this.log);
    else this.openListeners.add(listener);
  }

  /**
   * Goes into the log as soon as it can be written. Never waits and never throws.
   * @param kept called once it is durable there
   */
  note(event: LogEvent, kept: () => void = () => {}): void {
    if (this.waiting.length >= WAITING_MAX) this.lost += 1;
    else this.waiting.push({ event, kept });
    void this.flush();
  }

  /** Durable in the log once it resolves. Rejects with `LogUnavailable`: the session must not be. */
  async openSession(header: Header): Promise<void> {
    const { log } = this;
    if (!log) throw new LogUnavailable(this.cause());
    this.mustBeSigned(log);
    try {
      // Before the leaf: a crash between the two leaves a mark for nothing, which the next start
      // looks at; the other way round a session could stay without its end.
      await this.mark(header.session);
    } catch (error) {
      throw new LogUnavailable(error instanceof Error ? error.message : String(error));
    }
    await log.append(openLeaf(header));
    this.live.add(header.session);
  }

  /** What happens now is not signed for: for how long that may go on is the site's rule. */
  private mustBeSigned({ signerAway }: SiteLog): void {
    const { clock, signerAwayMaxMs = Number.MAX_SAFE_INTEGER } = this.options;
    if (!signerAway || clock.wallMs() - signerAway.sinceMs <= signerAwayMaxMs) return;
    throw new LogUnavailable(`nobody signs the site log: ${signerAway.cause}`);
  }

  /** Its beginning is in the log, and its end is not. */
  isLive(session: string): boolean {
    return this.live.has(session);
  }

  /** The recording of a session is closed, or cannot be: the next start will look again. */
  closeSession(session: string): void {
    this.live.delete(session);
    this.ended();
    const work = this.endSession(session)
      .catch(() => undefined)
      .finally(() => this.closing.delete(work));
    this.closing.add(work);
  }

  /** Resolves once every session that was opened has its end in the log, or after some seconds. */
  async settle(): Promise<void> {
    let patient = true;
    const stop = this.options.clock.after(SETTLE_MS, () => {
      patient = false;
      this.ended();
    });
    while (patient && this.live.size > 0) {
      await new Promise<void>((resolve) => {
        this.ended = resolve;
      });
    }
    stop();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.stopReopening?.();
    await Promise.all([...this.closing]);
    await this.flush();
    await this.log?.close();
  }

  private async openLog(): Promise<void> {
    try {
      this.log = await SiteLog.open({ ...this.options, openSessions: () => this.live.size });
    } catch (error) {
      this.couldNotOpen(error);
      return;
    }
    this.log.onState((state) => this.changed(state));
    this.log.onSigner((away) => {
      for (const listener of this.signerListeners) listener(away);
    });
    const away = this.log.signerAway;
    if (away) for (const listener of this.signerListeners) listener(away);
    if (this.refused) this.changed({ kind: "ready" });
    this.refused = undefined;
    for (const listener of this.openListeners) listener(this.log);
    this.openListeners.clear();
    void this.flush();
    await this.reconcile();
  }

  private couldNotOpen(error: unknown): void {
    const { clock } = this.options;
    const message = error instanceof Error ? error.message : String(error);
    const cause = error instanceof LogRefused ? `${message} (${ADVICE})` : message;
    const isNew = this.refused === undefined;
    this.refused = { kind: "failed", cause, sinceMs: clock.wallMs() };
    if (isNew) this.changed(this.refused);
    // A log that was tampered with does not become right by waiting: a person must look.
    if (this.closed || error instanceof LogRefused) return;
    this.stopReopening = clock.after(REOPEN_MS, () => void this.openLog());
  }

  private changed(state: LogState): void {
    for (const listener of this.stateListeners) listener(state);
    if (state.kind === "ready") void this.flush();
  }

  /** Resolves once all that waited, and came meanwhile, is in the log or the log has failed. */
  private flush(): Promise<void> {
    const { log } = this;
    if (log && !this.flushing) this.flushed = this.appendWaiting(log);
    return this.flushed;
  }

  private async appendWaiting(log: SiteLog): Promise<void> {
    this.flushing = true;
    try {
      while (this.waiting.length > 0 || this.lost > 0) {
        const batch = this.waiting.slice(0, BATCH);
        const lost = this.lost;
        if (batch.length === 0) {
          await log.append({ kind: "log.lost", events: lost });
          this.lost -= lost;
        } else await this.appendAll(log, batch);
      }
    } catch {
      // The log has said that it failed; `changed` begins again once it works.
    } finally {
      this.flushing = false;
    }
  }

  /** Those kept leave the list, in order; the first one refused stays, and all behind it. */
  private async appendAll(log: SiteLog, batch: readonly Noted[]): Promise<void> {
    const results = await Promise.allSettled(batch.map(({ event }) => log.append(event)));
    const unavailable = results.findIndex(
      (result) => result.status === "rejected" && result.reason instanceof LogUnavailable,
    );
    const done = unavailable < 0 ? batch.length : unavailable;
    this.lost += results.slice(0, done).filter(({ status }) => status === "rejected").length;
    for (const { kept } of this.waiting.splice(0, done)) kept();
    if (unavailable >= 0) throw new LogUnavailable(this.cause());
  }

  private async endSession(session: string): Promise<void> {
    const { volume = diskVolume, recordings } = this.options;
    const leaf = await closeLeaf(volume, recordings, session);
    const { log } = this;
    if (!leaf || !log) return;
    await log.append(leaf);
    // A crash here: the next start finds the mark and says the same again.
    await volume.remove(path.join(this.marks(), session));
    await log.publish();
  }

  /** Sessions of earlier runs whose end is not in the log yet. */
  private async reconcile(): Promise<void> {
    const { volume = diskVolume, recordings } = this.options;
    const marked = (await volume.list(this.marks())).filter(isSessionId);
    for (const session of marked) {
      if (await volume.exists(path.join(recordings, session))) this.closeSession(session);
      else {
        this.note({ kind: "session.aborted", session, cause: "nothing was recorded of it" });
        await volume.remove(path.join(this.marks(), session));
      }
    }
  }

  private marks(): string {
    return path.join(this.options.directory, "open");
  }

  private async mark(session: string): Promise<void> {
    const { volume = diskVolume, directory } = this.options;
    if (await volume.makeFolder(this.marks())) await volume.syncFolder(directory);
    await withFile(volume, path.join(this.marks(), session), "write", (file) => file.sync());
    await volume.syncFolder(this.marks());
  }

  private cause(): string {
    const { state } = this;
    return state.kind === "failed" ? state.cause : "the site log cannot be written now";
  }
}

const ADVICE =
  "find out why; then, with the broker stopped, sallyport log replace begins a new one";
/** Appended at once while flushing. */
const BATCH = 500;
const NOT_OPEN: LogState = { kind: "failed", cause: "the site log is not open", sinceMs: 0 };
