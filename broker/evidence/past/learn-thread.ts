/** Learns a profile from past recordings in a thread of its own, which ends with it. */
import { parentPort, workerData } from "node:worker_threads";
import { readSegment } from "../../../protocols/tape/reader.ts";
import type { Header } from "../../../protocols/tape/record.ts";
import { giveWay } from "../background-thread.ts";
import { type LearnedProfile, type LearnGround, learnFrom } from "./learn-from.ts";
import type { PastRecording } from "./past-recordings.ts";

export type ToLearn =
  | { readonly kind: "recording"; readonly header: Header }
  | { readonly kind: "segment"; readonly plain: Uint8Array }
  | { readonly kind: "learn" };

/** To each message, once it has been dealt with; `learned` to the last one. */
export interface FromLearn {
  readonly learned?: LearnedProfile | undefined;
}

const port = parentPort;
if (port === null) throw new Error("runs as a worker thread only");
giveWay();
const past: { readonly header: Header; readonly segments: Uint8Array[] }[] = [];

port.on("message", async (message: ToLearn) => {
  if (message.kind === "recording") past.push({ header: message.header, segments: [] });
  if (message.kind === "segment") past.at(-1)?.segments.push(message.plain);
  if (message.kind !== "learn") return port.postMessage({} satisfies FromLearn);
  const learned = await learnFrom(past.map(recordingOf), workerData as LearnGround);
  port.postMessage({ learned } satisfies FromLearn);
});

function recordingOf({ header, segments }: (typeof past)[number]): PastRecording {
  return {
    header,
    records: async function* () {
      for (const plain of segments) {
        const read = readSegment(plain);
        if (read.kind === "malformed") throw new Error(read.reason);
        yield read.records;
      }
    },
  };
}
