/** The keys of a rule that only VNC has. */
import { chordOf } from "../../protocols/rfb/keys.ts";
import { RFB_ACTIONS } from "../../protocols/rfb/operation.ts";
import type { VncMatch } from "./model.ts";
import { RULE_LIST_MAX } from "./plant-limits.ts";
import { distinct, integer, oneOf, text } from "./yaml-readings.ts";
import type { Mapping, Reading } from "./yaml-value.ts";

const KEY_NAME_MAX = 64;
const BUTTONS = ["left", "middle", "right", "wheel-up", "wheel-down", "wheel-left", "wheel-right"];

export function vncMatchOf(from: Mapping): VncMatch | undefined {
  const size = { min: 1, max: RULE_LIST_MAX };
  const actions = from.take("screen", distinct(oneOf(RFB_ACTIONS.map(shortName)), size));
  const keys = from.take("keys", distinct(chord, size));
  const buttons = from.take("buttons", distinct(oneOf(BUTTONS), size));
  const clipboard = from.take("clipboard", oneOf(["in", "out"]));
  const textMax = from.take("text-max", integer(0, Number.MAX_SAFE_INTEGER));
  if (!actions && !keys && !buttons && !clipboard && textMax === undefined) return undefined;
  return {
    protocol: "vnc",
    ...(actions && { actions: actions.map((action) => `rfb:${action}`) }),
    ...(keys && { keys }),
    ...(buttons && { buttons }),
    ...(clipboard && { clipboard }),
    ...(textMax !== undefined && { textMax }),
  };
}

/** `click` for `rfb:click`. */
function shortName(action: string): string {
  return action.replace("rfb:", "");
}

const chord: Reading<string> = (value) => {
  const read = text(KEY_NAME_MAX)(value);
  if (read === undefined) return undefined;
  const advice = "write modifiers and one key, for example Ctrl+Alt+Delete, F5 or a";
  return chordOf(read) ?? value.fail(`"${read}" is no key: ${advice}`);
};
