/** The thread of `watchdog.ts`. */
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import type { Watched } from "./watchdog.ts";

const LOOK_EVERY_MS = 1_000;
/** Longer than the broker waits: where there is one, it knows why. */
const STILL_MAX = 20;
/** Its loop hears that the pipe is closed, and goes by itself, if it turns. */
const ORPHANED_MAX = 3;
/** Heap, and some hundred sessions with all their queues full. */
const RESIDENT_MAX_MB = 1_536;
const MB = 1_048_576;

const { turns, parent } = workerData as Watched;
let before = -1;
let still = 0;
let orphaned = 0;

setInterval(() => {
  const now = Atomics.load(turns, 0);
  still = now === before ? still + 1 : 0;
  before = now;
  orphaned = process.ppid === parent ? 0 : orphaned + 1;
  const residentMb = process.memoryUsage.rss() / MB;
  if (orphaned >= ORPHANED_MAX) end("the broker is gone");
  else if (still >= STILL_MAX) end("it stood still");
  else if (residentMb > RESIDENT_MAX_MB) end(`it uses ${Math.round(residentMb)} MiB`);
}, LOOK_EVERY_MS);

function end(why: string): void {
  try {
    writeSync(process.stderr.fd, `the OPC UA process ends itself: ${why}\n`);
  } catch {
    // Nobody reads it any more.
  }
  process.kill(process.pid, "SIGKILL");
}
