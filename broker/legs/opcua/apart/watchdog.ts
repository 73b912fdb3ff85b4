/**
 * A thread of the OPC UA process that ends it when nobody else can: its one loop stands still and
 * hears nothing any more, the broker was killed meanwhile, or its buffers, which no limit of the
 * heap counts, have grown past all reason. The broker watches too, for as long as there is one.
 */
import { Worker } from "node:worker_threads";

export interface Watched {
  /** Grows for as long as the loop turns. */
  readonly turns: Int32Array;
  /** The broker's. */
  readonly parent: number;
}

const TURN_EVERY_MS = 500;
/** It counts and compares. */
const HEAP_MB = 16;

/** @param parent of whom this process is a child as long as it has a purpose */
export function watchOver(parent: number): void {
  const turns = new Int32Array(new SharedArrayBuffer(4));
  setInterval(() => Atomics.add(turns, 0, 1), TURN_EVERY_MS).unref();
  const workerData: Watched = { turns, parent };
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: HEAP_MB };
  new Worker(new URL("./watchdog.worker.ts", import.meta.url), {
    ...{ workerData, resourceLimits, execArgv: [] },
  }).unref();
}
