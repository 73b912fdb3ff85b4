/** Key frames of screens in a thread of their own: drawing what an asset says delays nobody. */
import { parentPort, workerData } from "node:worker_threads";
import { giveWay } from "../background-thread.ts";
import { diskVolume } from "../disk-volume.ts";
import { ScreenFramer, type ScreenSegment } from "./screen-framer.ts";

export type ToFramer =
  | ({ readonly kind: "segment" } & ScreenSegment)
  | { readonly kind: "over"; readonly session: string };

export interface FromFramer {
  /** Plain bytes that were taken. */
  readonly taken: number;
}

giveWay();
const framer = new ScreenFramer({ ...workerData, volume: diskVolume });
let working: Promise<void> = Promise.resolve();

parentPort?.on("message", (message: ToFramer) => {
  working = working.then(() => serve(message));
});

async function serve(message: ToFramer): Promise<void> {
  if (message.kind === "over") return framer.over(message.session);
  const taken = message.plain.length;
  await framer.take(message);
  parentPort?.postMessage({ taken } satisfies FromFramer);
}
