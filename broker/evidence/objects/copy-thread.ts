/** Copies recordings in a thread of its own: hashing and TLS of gigabytes must hold up no session. */
import { parentPort, workerData } from "node:worker_threads";
import type { PlantPlace } from "../../legs/pinned-address.ts";
import { giveWay } from "../background-thread.ts";
import { diskVolume } from "../disk-volume.ts";
import type { CopyPlace, FromCopier, ToCopier } from "./copy-messages.ts";
import type { CopyWork } from "./copy-work.ts";
import { openCopyWork } from "./open-copy-work.ts";

giveWay();
let plant: readonly PlantPlace[] = [];
let opening: Promise<CopyWork> | undefined;

/** A file of credentials that is put right later needs no restart. */
function work(): Promise<CopyWork> {
  opening ??= openCopyWork(workerData as CopyPlace, diskVolume, () => plant).catch((error) => {
    opening = undefined;
    throw error;
  });
  return opening;
}

async function answer({ ask, method, given }: Extract<ToCopier, { ask: number }>): Promise<void> {
  const tell = (message: FromCopier) => parentPort?.postMessage(message);
  try {
    const copying = await work();
    const act = copying[method] as (...given: readonly unknown[]) => Promise<unknown>;
    tell({ ask, answer: await act.apply(copying, [...given]) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
    tell({ ask, failed: { name, message } });
  }
}

parentPort?.on("message", (message: ToCopier) => {
  if ("plant" in message) plant = message.plant;
  else void answer(message);
});
