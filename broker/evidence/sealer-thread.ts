/** The sealer in a thread of its own: compression and hashing never delay a session. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../clock.ts";
import { SealingVolume } from "./disk-volume.ts";
import { Sealer } from "./sealer.ts";

const port = parentPort;
if (port === null) throw new Error("runs as a worker thread only");

const volume = new SealingVolume();
const sealer = new Sealer({
  ...workerData,
  volume,
  crowd: volume,
  clock: systemClock,
  emit: (message) =>
    port.postMessage(
      message,
      message.kind === "screen" ? [message.plain.buffer as ArrayBuffer] : [],
    ),
});

port.on("message", (message) => {
  if (message.kind !== "stop") sealer.handle(message);
  else void sealer.stop().then(() => port.close());
});
