/**
 * The search in a thread of its own: neither indexing nor looking through ever delays a session, or
 * whoever plays a recording.
 */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../clock.ts";
import { giveWay } from "../background-thread.ts";
import { SealingVolume } from "../disk-volume.ts";
import { SearchEngine } from "./engine.ts";
import type { ToSearch } from "./search-messages.ts";

const port = parentPort;
if (port === null) throw new Error("runs as a worker thread only");

giveWay();
const engine = new SearchEngine({
  ...workerData,
  volume: new SealingVolume(),
  clock: systemClock,
  emit: (message) => port.postMessage(message),
});

port.on("message", (message: ToSearch) => {
  if (message.kind !== "stop") engine.handle(message);
  else void engine.stop().then(() => port.close());
});
