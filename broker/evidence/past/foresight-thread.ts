/** Judges past recordings again in a thread of its own, which ends with it. */
import { parentPort, workerData } from "node:worker_threads";
import { readSegment } from "../../../protocols/tape/reader.ts";
import type { Header } from "../../../protocols/tape/record.ts";
import { setOf } from "../../access/policies/check-policies.ts";
import type { PolicySources } from "../../access/policies/policy-folder.ts";
import type { Asset } from "../../plant/model.ts";
import type { PlantHead } from "../../plant/plant-parts.ts";
import { giveWay } from "../background-thread.ts";
import { type Foreseen, Foresight } from "./foresee.ts";

export interface ForesightGiven {
  /** Its assets come in parts (`assets`) before the first recording. */
  readonly head: PlantHead;
  /** Undefined: the policies as they were. */
  readonly policies: PolicySources | undefined;
}

export type ToForesight =
  | { readonly kind: "assets"; readonly assets: readonly Asset[] }
  | { readonly kind: "recording"; readonly header: Header }
  | { readonly kind: "segment"; readonly plain: Uint8Array };

/** To each message, once it has been dealt with. */
export interface FromForesight {
  readonly foreseen: Foreseen;
}

const port = parentPort;
if (port === null) throw new Error("runs as a worker thread only");
giveWay();
const { head, policies } = workerData as ForesightGiven;
const assets: Asset[] = [];
const foresight = new Foresight({
  plant: { ...head, assets },
  policies: policies && setOf(policies),
});

port.on("message", (message: ToForesight) => {
  if (message.kind === "assets") assets.push(...message.assets);
  else if (message.kind === "recording") foresight.begin(message.header);
  else {
    const read = readSegment(message.plain);
    if (read.kind === "malformed") throw new Error(read.reason);
    foresight.push(read.records);
  }
  port.postMessage({ foreseen: foresight.result } satisfies FromForesight);
});
