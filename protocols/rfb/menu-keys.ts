/** Keys that a browser keeps for itself, or a keyboard lacks: what a menu offers of them. */
import { chordName, keysymsOf } from "./keys.ts";
import type { KeyOperation } from "./operation.ts";

/** As profiles name them. */
export const MENU_CHORDS: readonly string[] = [
  ...["Ctrl+Alt+Delete", "Alt+Tab", "Alt+F4", "Ctrl+Escape", "Super"],
  ...["Escape", "Tab", "Print"],
];

export const FUNCTION_KEYS: readonly string[] = Array.from({ length: 12 }, (_, n) => `F${n + 1}`);

/** What is asked for while a chord is pressed key by key, as a guard asks for it. */
export function pressesOf(chord: string): readonly KeyOperation[] {
  const keysyms = keysymsOf(chord) ?? [];
  return keysyms.map((keysym, n) => ({
    action: "rfb:key",
    class: "operate",
    keysym,
    chord: chordName(keysym, keysyms.slice(0, n)),
  }));
}
