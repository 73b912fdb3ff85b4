/** What the tape of a session on a web panel tells: what was asked, submitted and said. */
import { isWebOperation } from "../../protocols/http/operation.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import type { Entry } from "./story.ts";

/** Entries, new or in the place of the one with the same id. */
export function pageEntries(record: TapeRecord): readonly Entry[] {
  if (record.kind !== "verdict") return [];
  const { channel, sequence, wallMs, decision } = record;
  return record.items.flatMap((judged, item): Entry[] => {
    const { operation } = judged;
    if (!isWebOperation(operation)) return [];
    const id = `page/${channel}/${decision}/${item}`;
    return [{ id, sequence, wallMs, kind: "page", operation, judged }];
  });
}
