/** Writes alarms behind their changes, in order; what a database that is away missed, afterwards. */
import { type Alarm, keepAlarm } from "../store/alarms.ts";
import type { Store } from "../store/store.ts";
import { StoreAway } from "../store/store-failed.ts";
import { eventOf, type Said } from "./alarm-words.ts";

/** More than the alarms of a bad day change; further ones are in the log file. */
const LATE_MAX = 5_000;

export interface AlarmWriterParts {
  readonly store: Pick<Store, "act">;
  /** An alarm could not be written; it counts all the same. */
  readonly trouble: (error: unknown) => void;
}

interface Change {
  readonly key: string;
  readonly alarm: Alarm;
  readonly said: Said | undefined;
}

export class AlarmWriter {
  private readonly parts: AlarmWriterParts;
  private readonly openNow: (key: string) => Alarm | undefined;
  private writing: Promise<void> = Promise.resolve();
  private late: Change[] = [];

  constructor(parts: AlarmWriterParts, openNow: (key: string) => Alarm | undefined) {
    this.parts = parts;
    this.openNow = openNow;
  }

  /** With its event, if there is one. */
  write(key: string, alarm: Alarm, said: Said | undefined): void {
    const { store, trouble } = this.parts;
    this.writing = this.writing
      .then(() =>
        store.act(async (queries, record) => {
          // What a person did to it meanwhile is not undone.
          const now = this.openNow(key);
          await keepAlarm(queries, now?.id === alarm.id ? now : alarm);
          if (said) await record(eventOf(said, alarm.subject, alarm));
        }),
      )
      .catch((error: unknown) => {
        const isLate = error instanceof StoreAway && this.late.length < LATE_MAX;
        if (isLate) this.late.push({ key, alarm, said });
        else trouble(error);
      });
  }

  writeLate(): void {
    const { late } = this;
    this.late = [];
    for (const { key, alarm, said } of late) this.write(key, alarm, said);
  }

  /** After what is being written, and before what comes. */
  inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.writing.then(work);
    this.writing = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** Resolves once all is written, or was tried. */
  settle(): Promise<void> {
    return this.writing;
  }
}
