/**
 * Sequences that a terminal carries out as often as they say, one by one: twelve bytes of an asset
 * keep a page busy for minutes (`ESC [ 300000000 L`). A screen has at most some hundred lines, so
 * what asks for more than this is passed over.
 */
export const REPEATED_MAX = 1_000;

/** ECMA-48: insert and delete, scroll, erase, tabulate, and repeat the last character. */
export const REPEATED: readonly { readonly final: string; readonly intermediates?: string }[] = [
  ...["@", "I", "L", "M", "P", "S", "T", "X", "Z", "b"].map((final) => ({ final })),
  { intermediates: " ", final: "@" },
  { intermediates: " ", final: "A" },
  { intermediates: "'", final: "}" },
  { intermediates: "'", final: "~" },
];

/** Whether the sequence is to be passed over. */
export function asksTooMuch(parameters: readonly (number | readonly number[])[]): boolean {
  return parameters.some((each) => typeof each === "number" && each > REPEATED_MAX);
}

/** As `@xterm/xterm` and `@xterm/headless` tell of themselves. */
export interface TerminalPlace {
  readonly cols: number;
  readonly rows: number;
  readonly buffer: {
    readonly active: {
      readonly cursorX: number;
      readonly cursorY: number;
      readonly baseY: number;
      readonly length: number;
      getLine(y: number): TerminalLine | undefined;
    };
  };
}

interface TerminalLine {
  getCell(x: number): { getChars(): string } | undefined;
}

/** A letter of any script with all of its marks, or a picture of several people, is shorter. */
const REPEATED_LENGTH_MAX = 32;
/** What was shown last is one or two cells wide. */
const WIDTH_MAX = 2;

/**
 * Repeating the last character (`ESC [ 1000 b`) repeats the marks on it too, and xterm.js takes all
 * of any number of them: a megabyte of marks would become gigabytes. Passed over there.
 */
export function repeatsTooMuch({ buffer }: TerminalPlace): boolean {
  const { cursorX, cursorY, baseY } = buffer.active;
  const line = buffer.active.getLine(baseY + cursorY);
  for (let back = 1; back <= WIDTH_MAX; back++) {
    const text = line?.getCell(cursorX - back)?.getChars() ?? "";
    if (text.length > REPEATED_LENGTH_MAX) return true;
  }
  return false;
}

/** The one of `REPEATED` that does so. */
export const REPEATING = { final: "b" } as const;

const FROM_THE_TOP = 1;

/**
 * Erasing from the top to the last place of the last line (`ESC [ 999;999 H ESC [ 1 J`) makes
 * xterm.js 6.0 throw where it keeps no line behind that one, and show nothing any more. Passed over
 * there: what stood on the screen stays on it.
 */
export function erasesBeyondEnd(
  { cols, buffer }: TerminalPlace,
  [what]: readonly (number | readonly number[])[],
): boolean {
  const { cursorX, cursorY, length } = buffer.active;
  return what === FROM_THE_TOP && cursorX + 1 >= cols && cursorY + 1 >= length;
}

/** Its erasing, plain and selective. */
export const ERASING = [{ final: "J" }, { prefix: "?", final: "J" }] as const;

/** Inside of an xterm.js terminal, which has no other place where a fault could be caught. */
interface Inside {
  readonly _core?: {
    readonly _inputHandler?: {
      readonly _parser: { reset(): void };
      parse(...piece: readonly unknown[]): unknown;
    } & Partial<Record<(typeof LINE_MOVES)[number], (numbers: Numbers) => boolean>>;
  };
}

/** Of one sequence, as they come to what carries it out. */
interface Numbers {
  readonly params: Int32Array;
}

/** `ESC [ n L`, `M`, `S` and `T`: what xterm.js does for one line, it does as often as they say. */
const LINE_MOVES = ["insertLines", "deleteLines", "scrollUp", "scrollDown"] as const;

/**
 * Behind as many lines as the screen has nothing changes any more, but each is some microseconds:
 * seven bytes that ask for a thousand are milliseconds, and an asset sends thousands a second.
 */
export function moveLinesWithinScreen(terminal: Pick<TerminalPlace, "rows">): void {
  const input = (terminal as Inside)._core?._inputHandler;
  for (const name of LINE_MOVES) {
    const move = input?.[name]?.bind(input);
    if (!input || !move) continue;
    input[name] = (numbers) => {
      const { params } = numbers;
      params[0] = Math.min(params[0] ?? 0, terminal.rows);
      return move(numbers);
    };
  }
}

/**
 * Where a sequence makes it throw, xterm.js shows nothing any more, whatever comes. With this only
 * the rest of that piece is not shown; it stands on the tape all the same.
 */
export function outliveFaults(terminal: object): void {
  const input = (terminal as Inside)._core?._inputHandler;
  if (input === undefined) return;
  const parse = input.parse.bind(input);
  input.parse = (...piece) => {
    try {
      return parse(...piece);
    } catch {
      // It stands within the sequence.
      input._parser.reset();
      return undefined;
    }
  };
}
