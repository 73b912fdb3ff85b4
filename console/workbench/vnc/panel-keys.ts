/** Keys that a browser keeps for itself, or a keyboard lacks: offered in a menu. Keysyms of X11. */
export interface KeyChord {
  /** As profiles name it. */
  readonly name: string;
  /** Pressed in this order, let go of in the other. */
  readonly keysyms: readonly number[];
}

const CTRL = 0xffe3;
const ALT = 0xffe9;
const SUPER = 0xffeb;
const F1 = 0xffbe;

export const CHORDS: readonly KeyChord[] = [
  { name: "Ctrl+Alt+Delete", keysyms: [CTRL, ALT, 0xffff] },
  { name: "Alt+Tab", keysyms: [ALT, 0xff09] },
  { name: "Alt+F4", keysyms: [ALT, F1 + 3] },
  { name: "Ctrl+Escape", keysyms: [CTRL, 0xff1b] },
  { name: "Super", keysyms: [SUPER] },
  { name: "Escape", keysyms: [0xff1b] },
  { name: "Tab", keysyms: [0xff09] },
  { name: "Print", keysyms: [0xff61] },
];

export const FUNCTION_KEYS: readonly KeyChord[] = Array.from({ length: 12 }, (_, n) => ({
  name: `F${n + 1}`,
  keysyms: [F1 + n],
}));
