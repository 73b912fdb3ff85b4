/** The sealer in a thread of its own: compression and hashing never delay a session. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../clock.ts";
import { Sealer } from "./sealer.ts";
import { diskVolume } from "./volume.ts";

const port = parentPort;
if (port === null) throw new Error("runs as a worker thread only");

const sealer = new Sealer({
  ...workerData,
  volume: diskVolume,
  clock: systemClock,
  emit: (message) => port.postMessage(message),
});

port.on("message", (message) => {
  if (message.kind !== "stop") sealer.handle(message);
  else void sealer.stop().then(() => port.close());
});
