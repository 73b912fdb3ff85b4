/** What was done over OPC UA, as a stream of CSV or NDJSON. */
import {
  DeedList,
  type DeedRow,
  deedCsvHead,
  deedCsvLine,
  deedNdjsonLine,
} from "../../protocols/opcua/deed-list.ts";
import type { Header, TapeRecord } from "../../protocols/tape/record.ts";

export async function* deedRows(
  header: Header,
  parts: AsyncIterable<readonly TapeRecord[]>,
  format: "csv" | "ndjson",
): AsyncGenerator<string> {
  const list = new DeedList(header, (ms) => new Date(ms).toISOString());
  const line = format === "csv" ? deedCsvLine : deedNdjsonLine;
  const lines = (rows: readonly DeedRow[]) => rows.map(line).join("");
  if (format === "csv") yield deedCsvHead();
  for await (const records of parts) {
    const text = lines(records.flatMap((record) => list.push(record)));
    if (text !== "") yield text;
  }
  yield lines(list.finish());
}
