/** Names of keysyms (X11's keysymdef.h), so that profiles and recordings can speak of keys. */

const MODIFIERS: ReadonlyMap<number, string> = new Map([
  [0xffe3, "Ctrl"],
  [0xffe4, "Ctrl"],
  [0xffe9, "Alt"],
  [0xffea, "Alt"],
  [0xffe1, "Shift"],
  [0xffe2, "Shift"],
  [0xffe7, "Meta"],
  [0xffe8, "Meta"],
  [0xffeb, "Super"],
  [0xffec, "Super"],
  [0xffed, "Hyper"],
  [0xffee, "Hyper"],
  [0xfe03, "AltGr"],
]);

/** In the order in which a chord names them. */
const MODIFIER_ORDER = ["Ctrl", "Alt", "AltGr", "Shift", "Meta", "Super", "Hyper"] as const;
/** With one of these down a letter is a command, not text. */
const COMMANDING: ReadonlySet<string> = new Set(["Ctrl", "Alt", "Meta", "Super", "Hyper"]);

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x20, "Space"],
  [0x2b, "Plus"],
  [0xff08, "BackSpace"],
  [0xff09, "Tab"],
  [0xff0d, "Enter"],
  [0xff13, "Pause"],
  [0xff14, "ScrollLock"],
  [0xff15, "SysRq"],
  [0xff1b, "Escape"],
  [0xff50, "Home"],
  [0xff51, "Left"],
  [0xff52, "Up"],
  [0xff53, "Right"],
  [0xff54, "Down"],
  [0xff55, "PageUp"],
  [0xff56, "PageDown"],
  [0xff57, "End"],
  [0xff61, "Print"],
  [0xff63, "Insert"],
  [0xff67, "Menu"],
  [0xff6b, "Break"],
  [0xff7f, "NumLock"],
  [0xff8d, "Enter"],
  [0xff95, "Home"],
  [0xff96, "Left"],
  [0xff97, "Up"],
  [0xff98, "Right"],
  [0xff99, "Down"],
  [0xff9a, "PageUp"],
  [0xff9b, "PageDown"],
  [0xff9c, "End"],
  [0xff9e, "Insert"],
  [0xff9f, "Delete"],
  [0xffaa, "Multiply"],
  [0xffab, "Plus"],
  [0xffad, "Minus"],
  [0xffae, "Decimal"],
  [0xffaf, "Divide"],
  [0xffe5, "CapsLock"],
  [0xffff, "Delete"],
]);

const F1 = 0xffbe;
const F35 = 0xffe0;
const PAD_0 = 0xffb0;
const PAD_9 = 0xffb9;
/** X11: keysyms of Unicode characters. */
const UNICODE = 0x01000000;
const UNICODE_MAX = 0x0110ffff;

export function modifierName(keysym: number): string | undefined {
  return MODIFIERS.get(keysym);
}

/** A key of its own, for example `a`, `F5`, `Delete`, `key-1008ff13`. */
export function keyName(keysym: number): string {
  const named = MODIFIERS.get(keysym) ?? NAMES.get(keysym);
  if (named !== undefined) return named;
  if (keysym >= F1 && keysym <= F35) return `F${keysym - F1 + 1}`;
  if (keysym >= PAD_0 && keysym <= PAD_9) return String(keysym - PAD_0);
  return characterOf(keysym) ?? `key-${keysym.toString(16)}`;
}

/** @param down keysyms that are down besides it */
export function chordName(keysym: number, down: Iterable<number>): string {
  const held = new Set<string>();
  for (const other of down) {
    const name = MODIFIERS.get(other);
    if (name !== undefined && other !== keysym) held.add(name);
  }
  const character = characterOf(keysym);
  const commands = [...held].some((name) => COMMANDING.has(name));
  if (character !== undefined && !commands) return keyName(keysym);
  const name = character === undefined ? keyName(keysym) : keyName(keysym).toUpperCase();
  const plain = NAMES.get(keysym) ?? name;
  return [...MODIFIER_ORDER.filter((each) => held.has(each)), plain].join("+");
}

/** What a keysym types; control characters and halves of pairs type nothing. */
function characterOf(keysym: number): string | undefined {
  const latin = (keysym >= 0x20 && keysym <= 0x7e) || (keysym >= 0xa0 && keysym <= 0xff);
  if (latin) return String.fromCodePoint(keysym);
  if (keysym < UNICODE + 0x100 || keysym > UNICODE_MAX) return undefined;
  const point = keysym - UNICODE;
  const isPair = point >= 0xd800 && point <= 0xdfff;
  return isPair ? undefined : String.fromCodePoint(point);
}

/** A name that a profile may use: modifiers in any order, then a key. Answers the chord's name. */
export function chordOf(words: string): string | undefined {
  const parts = words.split("+");
  const key = parts.at(-1) ?? "";
  const modifiers = parts.slice(0, -1);
  const known = modifiers.every((one) => MODIFIER_ORDER.some((each) => each === one));
  if (!known || new Set(modifiers).size !== modifiers.length || !isKeyName(key)) return undefined;
  const ordered = MODIFIER_ORDER.filter((each) => modifiers.includes(each));
  const commands = ordered.some((name) => COMMANDING.has(name));
  const plain = [...key].length === 1 && commands ? key.toUpperCase() : key;
  return [...ordered, plain].join("+");
}

/** Keys in the order in which they are pressed for a chord that a profile may name. */
export function keysymsOf(words: string): readonly number[] | undefined {
  const chord = chordOf(words);
  if (chord === undefined) return undefined;
  const names = chord.split("+");
  const plain = names.at(-1) ?? "";
  const keysyms = names.map((name, n) =>
    n < names.length - 1 || MODIFIER_ORDER.some((each) => each === name)
      ? KEYSYMS.get(name)
      : keysymOf(names.length > 1 ? plain.toLowerCase() : plain, plain),
  );
  return keysyms.every((keysym) => keysym !== undefined) ? keysyms : undefined;
}

/** @param typed the character in small letters, where it is part of a chord */
function keysymOf(typed: string, name: string): number | undefined {
  const named = KEYSYMS.get(name);
  if (named !== undefined) return named;
  const numbered = /^F(\d{1,2})$/.exec(name)?.[1];
  if (numbered !== undefined) return F1 + Number(numbered) - 1;
  const coded = /^key-([0-9a-f]{1,8})$/.exec(name)?.[1];
  if (coded !== undefined) return Number.parseInt(coded, 16);
  const point = typed.codePointAt(0) ?? 0;
  return point < 0x100 ? point : UNICODE + point;
}

const PAD_FIRST = 0xff80;
const PAD_LAST = 0xffbd;

/** Of names; those of the main keys go before those of the number pad, left before right. */
const KEYSYMS: ReadonlyMap<string, number> = new Map(
  [...MODIFIERS, ...NAMES]
    .sort(([a], [b]) => Number(isPad(a)) - Number(isPad(b)))
    .map(([keysym, name]) => [name, keysym] as const)
    .reverse(),
);

function isPad(keysym: number): boolean {
  return keysym >= PAD_FIRST && keysym <= PAD_LAST;
}

const ALL_NAMES: ReadonlySet<string> = new Set([...NAMES.values(), ...MODIFIER_ORDER]);

function isKeyName(name: string): boolean {
  return (
    [...name].length === 1 || ALL_NAMES.has(name) || /^(F\d{1,2}|key-[0-9a-f]{1,8})$/.test(name)
  );
}
