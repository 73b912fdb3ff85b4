/** A recording in formats that other tools read, as a stream: it may be larger than the memory. */
import { MODBUS_CAPTURED } from "../../protocols/modbus/captured.ts";
import {
  csvHead,
  csvLine,
  ndjsonLine,
  type OperationEntry,
  OperationList,
} from "../../protocols/modbus/operation-list.ts";
import { opcUaCaptured } from "../../protocols/opcua/captured.ts";
import {
  type Captured,
  captureStart,
  TapeCapture,
  withheldKey,
} from "../../protocols/tape/capture.ts";
import type { Header, TapeRecord } from "../../protocols/tape/record.ts";
import { TCP_CAPTURED } from "../../protocols/tcp/captured.ts";
import { Asciicast } from "./asciicast.ts";
import { deedRows } from "./deed-rows.ts";
import { harOf } from "./har/har.ts";
import { recordsOf } from "./recording-records.ts";
import type { Recording, Recordings } from "./recordings.ts";

/** What an export reads, as often as it needs to: from a running broker, or from a folder. */
export interface Recorded {
  readonly header: Header;
  records(): AsyncIterable<readonly TapeRecord[]>;
}

export const EXPORT_FORMATS = ["pcapng", "csv", "ndjson", "cast", "cast3", "har"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const FORMATS_OF: Readonly<Record<string, readonly ExportFormat[]>> = {
  modbus: ["pcapng", "csv", "ndjson"],
  opcua: ["pcapng", "csv", "ndjson"],
  tcp: ["pcapng"],
  ssh: ["cast", "cast3", "csv", "ndjson"],
  web: ["har"],
};

/** Decisions taken back before their bytes left. They are few; more is no recording of ours. */
const WITHHELD_MAX = 1_000_000;

/** Whether there is such an export of its protocol. */
export function canExport({ header }: Pick<Recording, "header">, format: ExportFormat): boolean {
  return formatsOf(header.endpoint.protocol).includes(format);
}

export function formatsOf(protocol: string): readonly ExportFormat[] {
  return FORMATS_OF[protocol] ?? [];
}

export function exportRecording(
  recordings: Pick<Recordings, "segment">,
  recording: Recording,
  format: ExportFormat,
): AsyncGenerator<Uint8Array | string> {
  const { header } = recording;
  return exportRecorded({ header, records: () => recordsOf(recordings, recording) }, format);
}

export function exportRecorded(
  recorded: Recorded,
  format: ExportFormat,
): AsyncGenerator<Uint8Array | string> {
  const { header } = recorded;
  if (format === "pcapng") return capture(recorded);
  if (format === "cast" || format === "cast3") return cast(recorded, format);
  if (format === "har") return harOf(header, recorded.records());
  if (header.endpoint.protocol !== "modbus") return deedRows(header, recorded.records(), format);
  return format === "csv"
    ? operations(recorded, csvHead(), csvLine)
    : operations(recorded, "", ndjsonLine);
}

/** Read twice: what was withheld stands behind the place where it would have left. */
async function* capture(recorded: Recorded): AsyncGenerator<Uint8Array> {
  const withheld = new Set<string>();
  for await (const records of recorded.records()) {
    for (const record of records) {
      if (record.kind !== "event" || record.event.kind !== "withheld") continue;
      if (withheld.size < WITHHELD_MAX) {
        withheld.add(withheldKey(record.channel, record.event.decision));
      }
    }
  }
  const { header } = recorded;
  const captured = capturedOf(header);
  const writer = new TapeCapture(captured, withheld);
  yield captureStart(header);
  for await (const records of recorded.records()) {
    yield Buffer.concat(records.map((record) => writer.push(record)));
  }
  yield writer.finish();
}

function capturedOf({ endpoint, places }: Header): Captured {
  if (endpoint.protocol === "opcua") return opcUaCaptured(places);
  return endpoint.protocol === "tcp" ? TCP_CAPTURED : MODBUS_CAPTURED;
}

async function* cast(recorded: Recorded, format: "cast" | "cast3"): AsyncGenerator<string> {
  const writer = new Asciicast(recorded.header, format === "cast" ? 2 : 3);
  for await (const records of recorded.records()) {
    const lines = records.map((record) => writer.push(record)).join("");
    if (lines !== "") yield lines;
  }
  yield writer.finish();
}

async function* operations(
  recorded: Recorded,
  head: string,
  line: (entry: OperationEntry) => string,
): AsyncGenerator<string> {
  const list = new OperationList(recorded.header, (ms) => new Date(ms).toISOString());
  if (head !== "") yield head;
  for await (const records of recorded.records()) {
    const text = records.flatMap((record) => list.push(record).map(line)).join("");
    if (text !== "") yield text;
  }
  yield list.finish().map(line).join("");
}
