/** The keys of a rule that only VNC has. */
import { chordOf } from "../../protocols/rfb/keys.ts";
import { RFB_ACTIONS } from "../../protocols/rfb/operation.ts";
import type { VncMatch } from "./model.ts";
import { NAME_LENGTH_MAX, RULE_LIST_MAX } from "./plant-limits.ts";
import type { References } from "./references.ts";
import { distinct, integer, oneOf, text } from "./yaml-readings.ts";
import type { Mapping, Reading } from "./yaml-value.ts";

const KEY_NAME_MAX = 64;
/** Two names and what is between them. */
const REGION_NAME_MAX = 2 * NAME_LENGTH_MAX + 1;
const BUTTONS = ["left", "middle", "right", "wheel-up", "wheel-down", "wheel-left", "wheel-right"];

export function vncMatchOf(from: Mapping, references: References): VncMatch | undefined {
  const size = { min: 1, max: RULE_LIST_MAX };
  const actions = from.take("screen", distinct(oneOf(RFB_ACTIONS.map(shortName)), size));
  const keys = from.take("keys", distinct(chord, size));
  const buttons = from.take("buttons", distinct(oneOf(BUTTONS), size));
  const clipboard = from.take("clipboard", oneOf(["in", "out"]));
  const textMax = from.take("text-max", integer(0, Number.MAX_SAFE_INTEGER));
  const regions = from.take("regions", distinct(regionOf(references), size));
  if (!actions && !keys && !buttons && !regions && !clipboard && textMax === undefined)
    return undefined;
  return {
    protocol: "vnc",
    ...(actions && { actions: actions.map((action) => `rfb:${action}`) }),
    ...(keys && { keys }),
    ...(buttons && { buttons }),
    ...(regions && { regions }),
    ...(clipboard && { clipboard }),
    ...(textMax !== undefined && { textMax }),
  };
}

/** `click` for `rfb:click`. */
function shortName(action: string): string {
  return action.replace("rfb:", "");
}

function regionOf(references: References): Reading<string> {
  return (value) => {
    const read = text(REGION_NAME_MAX)(value);
    if (read !== undefined) references.use("region", read, value);
    return read;
  };
}

const chord: Reading<string> = (value) => {
  const read = text(KEY_NAME_MAX)(value);
  if (read === undefined) return undefined;
  const advice = "write modifiers and one key, for example Ctrl+Alt+Delete, F5 or a";
  return chordOf(read) ?? value.fail(`"${read}" is no key: ${advice}`);
};
