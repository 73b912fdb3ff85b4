/** Who listens to a session: its owner for events, others for the tape. */
import type { TapeRecord } from "../../protocols/tape/record.ts";
import type { TapeWriter } from "../evidence/recorder.ts";
import type { SessionEvent } from "./session.ts";

/** People who watch one session at a time; a control room has fewer. */
const WATCHERS_MAX = 64;

interface Watching {
  readonly subject: string;
}

const NOBODY: readonly ((event: SessionEvent) => void)[] = [];

export class Watchers {
  private readonly tape: TapeWriter;
  /** Both are of few sessions. */
  private listeners: Set<(event: SessionEvent) => void> | undefined;
  private watching: Map<Watching, () => void> | undefined;
  private readonly dropped: (error: unknown) => void;
  private over = false;

  /** @param dropped a watcher threw and watches no more: it must not harm what it watches. */
  constructor(tape: TapeWriter, dropped: (error: unknown) => void) {
    this.tape = tape;
    this.dropped = dropped;
  }

  get subjects(): readonly string[] {
    return [...new Set([...(this.watching?.keys() ?? [])].map(({ subject }) => subject))];
  }

  listen(listener: (event: SessionEvent) => void): () => void {
    const listeners = this.listeners ?? new Set();
    this.listeners = listeners.add(listener);
    return () => listeners.delete(listener);
  }

  tell(event: SessionEvent): void {
    for (const listener of this.listeners ?? NOBODY) listener(event);
  }

  /** Throws a `RangeError` if there are too many. Who joins and leaves stands on the tape. */
  watch(subject: string, listener: (record: TapeRecord) => void): () => void {
    if (this.over) return () => {};
    this.watching ??= new Map();
    if (this.watching.size >= WATCHERS_MAX) throw new RangeError("too many watchers");
    const entry = { subject };
    const leave = () => this.leave(entry);
    const guarded = (record: TapeRecord) => this.tellWatcher(record, listener, leave);
    this.watching.set(entry, this.tape.follow(guarded));
    this.changed(subject, true);
    return leave;
  }

  /** The tape is about to close. */
  stop(): void {
    this.over = true;
    for (const unfollow of this.watching?.values() ?? []) unfollow();
    this.watching?.clear();
    this.listeners?.clear();
  }

  private tellWatcher(
    record: TapeRecord,
    listener: (record: TapeRecord) => void,
    leave: () => void,
  ): void {
    try {
      listener(record);
    } catch (error) {
      // The tape is in the middle of an append: leaving writes a record of its own.
      queueMicrotask(leave);
      this.dropped(error);
    }
  }

  private leave(entry: Watching): void {
    const unfollow = this.watching?.get(entry);
    if (!unfollow) return;
    this.watching?.delete(entry);
    unfollow();
    this.changed(entry.subject, false);
  }

  private changed(subject: string, joined: boolean): void {
    this.tape.append({ kind: "watch", subject, joined });
    this.tell({ kind: "watchers", subjects: this.subjects });
  }
}
