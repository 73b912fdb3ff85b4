/** The narrowest readable rules for what was done on a screen: which buttons, which keys, texts. */
import { chordOf } from "../../../protocols/rfb/keys.ts";
import type { RfbOperation } from "../../../protocols/rfb/operation.ts";
import { type Learned, type LearnedRule, type LearnOptions, type Seen, sorted } from "./learned.ts";

/** More keys than this are a keyboard. */
const KEYS_NAMED_MAX = 24;

export function learnVnc(seen: readonly Seen<RfbOperation>[], options: LearnOptions): Learned {
  const notes: string[] = [];
  const operations = seen.map(({ operation }) => operation);
  const has = (action: string) => operations.some((each) => each.action === action);
  const rules: LearnedRule[] = [];
  if (has("rfb:view")) rules.push({ name: "look", permit: "observe", screen: ["view"] });
  if (has("rfb:pointer")) rules.push({ name: "pointer", permit: "operate", screen: ["pointer"] });
  const buttons = sorted(
    operations.flatMap((each) => (each.action === "rfb:click" ? [each.button] : [])),
  );
  if (buttons.length > 0) {
    notes.push('"clicks": a button may be pressed anywhere on the screen');
    const named = buttons.every((button) => !button.startsWith("button-"));
    const keys = named ? { buttons } : {};
    rules.push({ name: "clicks", permit: "operate", screen: ["click"], ...keys });
  }
  const keys = sorted(
    operations.flatMap((each) => (each.action === "rfb:key" ? [each.chord] : [])),
  );
  if (keys.length > KEYS_NAMED_MAX || keys.some((key) => chordOf(key) !== key)) {
    notes.push(`"keys": ${keys.length} keys were pressed; every key is permitted`);
    rules.push({ name: "keys", permit: "operate", screen: ["key"] });
  } else if (keys.length > 0)
    rules.push({ name: "keys", permit: "operate", screen: ["key"], keys });
  for (const direction of ["in", "out"] as const) {
    const lengths = operations.flatMap((each) =>
      each.action === "rfb:clipboard" && each.direction === direction ? [each.length] : [],
    );
    if (lengths.length === 0) continue;
    const most = lengths.reduce((max, length) => Math.max(max, length), 0);
    rules.push({
      name: direction === "in" ? "text in" : "text out",
      permit: "transfer",
      clipboard: direction,
      "text-max": Math.ceil(most * (1 + options.margin)),
    });
  }
  if (has("rfb:resize")) rules.push({ name: "resize", permit: "configure", screen: ["resize"] });
  return { rules, notes };
}
