/** Judges past recordings again in a thread of its own, which ends with it. */
import { parentPort, workerData } from "node:worker_threads";
import { readSegment } from "../../../protocols/tape/reader.ts";
import type { Header } from "../../../protocols/tape/record.ts";
import { setOf } from "../../access/policies/check-policies.ts";
import type { PolicySources } from "../../access/policies/policy-folder.ts";
import type { Plant } from "../../plant/model.ts";
import { giveWay } from "../background-thread.ts";
import { type Foreseen, Foresight } from "./foresee.ts";

export interface ForesightGiven {
  readonly plant: Plant;
  /** Undefined: the policies as they were. */
  readonly policies: PolicySources | undefined;
}

export type ToForesight =
  | { readonly kind: "recording"; readonly header: Header }
  | { readonly kind: "segment"; readonly plain: Uint8Array };

/** To each message, once it has been dealt with. */
export interface FromForesight {
  readonly foreseen: Foreseen;
}

const port = parentPort;
if (port === null) throw new Error("runs as a worker thread only");
giveWay();
const { plant, policies } = workerData as ForesightGiven;
const foresight = new Foresight({ plant, policies: policies && setOf(policies) });

port.on("message", (message: ToForesight) => {
  if (message.kind === "recording") foresight.begin(message.header);
  else {
    const read = readSegment(message.plain);
    if (read.kind === "malformed") throw new Error(read.reason);
    foresight.push(read.records);
  }
  port.postMessage({ foreseen: foresight.result } satisfies FromForesight);
});
