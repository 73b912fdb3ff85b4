/** What was done on a screen, in words. */
import type { RfbOperation } from "../../protocols/rfb/operation.ts";
import { byteSize } from "../components/sizes.ts";
import { panelText as words } from "../text/panel.ts";
import { replayText } from "../text/replay.ts";
import type { EntryWords } from "./entry-words.ts";
import type { Entry } from "./story.ts";

export function handWords({ operation, judged }: Extract<Entry, { kind: "hand" }>): EntryWords {
  const { answer, rule, reason } = judged;
  const act = words.acts[operation.action];
  const { refused, heldAct } = replayText.entry;
  const told = { what: whatOf(operation), result: "", rule, reason };
  if (answer.kind === "deny") return { ...told, act: refused(act), tone: "alarm" };
  if (answer.kind === "hold") return { ...told, act: heldAct(act), tone: "attention" };
  return { ...told, act, tone: "normal" };
}

function whatOf(operation: RfbOperation): string {
  switch (operation.action) {
    case "rfb:click":
      return words.click(operation.button, operation.x, operation.y);
    case "rfb:key":
      return operation.chord;
    case "rfb:clipboard": {
      const size = byteSize(operation.length);
      return operation.direction === "in" ? words.textIn(size) : words.textOut(size);
    }
    case "rfb:resize":
      return `${operation.width} × ${operation.height}`;
    default:
      return "";
  }
}
