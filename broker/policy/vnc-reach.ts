/** What a profile lets a person do on a screen at all, for what a workbench offers. */
import type { Capabilities, Operation } from "../../protocols/guard.ts";
import { FUNCTION_KEYS, MENU_CHORDS, pressesOf } from "../../protocols/rfb/menu-keys.ts";
import type { Profile, VncEndpoint } from "../plant/model.ts";
import { VncMatcher } from "./vnc-matcher.ts";

export interface VncReach {
  /** Chords for a menu, those that rules name first among them; each of their keys may be pressed. */
  readonly keys: readonly string[];
  /** Text may go to the screen, or come from it. */
  readonly clipboard: readonly ("in" | "out")[];
}

/** A menu of more is not looked through. */
const KEYS_MAX = 40;

/** Held counts as reached. The rights of the moment are not looked at. */
export function vncReach(profile: Profile, endpoint: VncEndpoint): VncReach {
  const ledger = { take: () => true };
  const matcher = new VncMatcher({ profile, subject: "", ledger, endpoint });
  const reaches = (operation: Operation) => matcher.judge(operation, ALL, 0).kind !== "deny";
  const offered = [...MENU_CHORDS, ...named(profile), ...FUNCTION_KEYS];
  return {
    keys: [...new Set(offered)]
      .filter((chord) => {
        const presses = pressesOf(chord);
        return presses.length > 0 && presses.every(reaches);
      })
      .slice(0, KEYS_MAX),
    clipboard: (["in", "out"] as const).filter((direction) =>
      reaches({ action: "rfb:clipboard", class: "transfer", direction, length: 1 } as Operation),
    ),
  };
}

/** Chords that a rule permits by name; single keys are on the keyboard. */
function named(profile: Profile): readonly string[] {
  return profile.rules.flatMap(({ verdict, match }) =>
    verdict === "deny" || match.own?.protocol !== "vnc"
      ? []
      : (match.own.keys ?? []).filter((chord) => chord.includes("+")),
  );
}

const ALL: Capabilities = new Set(["observe", "operate", "configure", "program", "transfer"]);
