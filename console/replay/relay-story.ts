/** What the tape of bytes that nobody decodes tells: that they passed, or why they did not. */
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { isTcpOperation } from "../../protocols/tcp/operation.ts";
import { relayText } from "../text/relay.ts";
import { replayText } from "../text/replay.ts";
import type { EntryWords } from "./entry-words.ts";
import type { Entry } from "./story.ts";

export function relayEntries(record: TapeRecord): readonly Entry[] {
  if (record.kind !== "verdict") return [];
  const { channel, sequence, wallMs, decision } = record;
  return record.items.flatMap((judged, item): Entry[] => {
    const { operation } = judged;
    if (!isTcpOperation(operation)) return [];
    const id = `relay/${channel}/${decision}/${item}`;
    return [{ id, sequence, wallMs, kind: "relay", operation, judged }];
  });
}

export function relayWords({ judged }: Extract<Entry, { kind: "relay" }>): EntryWords {
  const { answer, rule, reason } = judged;
  const { refused, heldAct } = replayText.entry;
  const { act, what } = relayText;
  const said = { deny: refused(act), hold: heldAct(act), permit: act }[answer.kind];
  const tone = ({ deny: "alarm", hold: "attention", permit: "normal" } as const)[answer.kind];
  return { act: said, what, result: "", rule, reason, tone };
}
