/**
 * Texts that people send are read one after the other: each takes a thread and, built to stall,
 * all the memory and time that it may have.
 */
import type { Clock } from "../clock.ts";
import type { ImportedPlant, PlantImport } from "./import/import-plant.ts";
import type { Plant } from "./model.ts";
import type { ParsedPlant } from "./parse-plant.ts";
import { inThread, parseAside } from "./plant-file.ts";

/** Administrators at work at the same time, and one who types fast. */
const WAITING_MAX = 8;
const IMPORT = new URL("./import/import-thread.ts", import.meta.url);

export class ReadingQueue {
  private readonly clock: Clock;
  private readonly name: string;
  private waiting = 0;
  private last: Promise<unknown> = Promise.resolve();

  /** @param name of the file, for what is said about it as a whole */
  constructor(clock: Clock, name: string) {
    this.clock = clock;
    this.name = name;
  }

  /** Undefined where too many wait. @param like as `parseAside` has it */
  read(text: string, like?: Plant): Promise<ParsedPlant> | undefined {
    return this.inTurn(() => parseAside(text, this.name, this.clock, like));
  }

  /** Undefined where too many wait. */
  import(asked: PlantImport): Promise<ImportedPlant> | undefined {
    const failed = (message: string): ImportedPlant => ({
      ...{ text: asked.text, rows: 0, preview: [], problems: [{ line: 0, message }] },
    });
    const take = (made: ImportedPlant) => made;
    const work = { thread: IMPORT, workerData: asked, take, failed };
    return this.inTurn(() => inThread(work, this.clock));
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.waiting >= WAITING_MAX) return undefined;
    this.waiting += 1;
    const next = this.last.then(work);
    const done = () => {
      this.waiting -= 1;
    };
    this.last = next.then(done, done);
    return next;
  }
}
