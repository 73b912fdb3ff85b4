/** What was done over OPC UA or SSH, as a stream of CSV or NDJSON. */
import {
  DeedList,
  deedCsvHead,
  deedCsvLine,
  deedNdjsonLine,
} from "../../protocols/opcua/deed-list.ts";
import {
  SshDeedList,
  sshCsvHead,
  sshCsvLine,
  sshNdjsonLine,
} from "../../protocols/ssh/deed-list.ts";
import type { Header, TapeRecord } from "../../protocols/tape/record.ts";

type Parts = AsyncIterable<readonly TapeRecord[]>;
type Format = "csv" | "ndjson";

/** Rows of one kind, and how they are written. */
interface Written<Row> {
  readonly list: {
    push(record: TapeRecord): readonly Row[];
    finish(): readonly Row[];
  };
  readonly head: string;
  line(row: Row): string;
}

const iso = (ms: number) => new Date(ms).toISOString();

export function deedRows(header: Header, parts: Parts, format: Format): AsyncGenerator<string> {
  const isCsv = format === "csv";
  if (header.endpoint.protocol === "ssh") {
    const line = isCsv ? sshCsvLine : sshNdjsonLine;
    const list = new SshDeedList(header, iso);
    return written({ list, head: isCsv ? sshCsvHead() : "", line }, parts);
  }
  const line = isCsv ? deedCsvLine : deedNdjsonLine;
  return written(
    { list: new DeedList(header, iso), head: isCsv ? deedCsvHead() : "", line },
    parts,
  );
}

async function* written<Row>(
  { list, head, line }: Written<Row>,
  parts: Parts,
): AsyncGenerator<string> {
  if (head !== "") yield head;
  for await (const records of parts) {
    const text = records.flatMap((record) => list.push(record).map(line)).join("");
    if (text !== "") yield text;
  }
  yield list.finish().map(line).join("");
}
