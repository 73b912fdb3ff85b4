/**
 * What a person typed into a terminal, line by line, and whether the terminal showed it: what was
 * not echoed is a secret (a password, a key) and is never told.
 */
export interface TypedLine {
  /** Empty where it was not echoed. */
  readonly text: string;
  readonly echo: boolean;
  /** So many lines were ended before it, empty ones too. */
  readonly number: number;
}

/** A line on its way. */
export interface TypedSoFar {
  readonly text: string;
  readonly echoed: number;
}

interface Line {
  text: string;
  /** So many of its characters came back. */
  echoed: number;
  number: number;
}

/** A command line; what is longer is cut, as it is shown. */
const LINE_MAX = 4_096;
/** Lines that were sent before the first of them came back, as when many are pasted. */
const WAITING_MAX = 64;

export class TypedLines {
  private line: Line = { text: "", echoed: 0, number: 0 };
  /** Sent, and not yet followed by a new line of output. */
  private readonly waiting: Line[];

  /** @param before lines that another one had, the one that is typed last */
  constructor(before: readonly TypedSoFar[] = []) {
    const lines = before.map((line, number) => ({ ...line, number }));
    this.waiting = lines.slice(0, -1);
    this.line = lines.at(-1) ?? { text: "", echoed: 0, number: 0 };
  }

  /** For the one that goes on from here: what waits, then what is typed. */
  get soFar(): readonly TypedSoFar[] {
    return [...this.waiting, this.line].map(({ text, echoed }) => ({ text, echoed }));
  }

  /** @returns lines that are complete and can wait no longer for their echo */
  typed(text: string): readonly TypedLine[] {
    // Keys that are no characters (arrows and the like) come as a sequence of their own.
    if (text.startsWith("\x1b")) return [];
    for (const sign of text) this.sign(sign);
    return this.waiting.splice(0, Math.max(0, this.waiting.length - WAITING_MAX)).map(told);
  }

  /** @param text of the terminal, without escape sequences */
  shown(text: string): readonly TypedLine[] {
    const complete: TypedLine[] = [];
    for (const sign of text) {
      const [first] = this.waiting;
      if (sign === "\n" && first) {
        this.waiting.shift();
        complete.push(told(first));
      } else echo(first ?? this.line, sign);
    }
    return complete;
  }

  /** Nothing more will be shown. */
  end(): readonly TypedLine[] {
    return this.waiting.splice(0).map(told);
  }

  private sign(sign: string): void {
    const { line } = this;
    if (sign === "\r" || sign === "\n") {
      if (line.text !== "") this.waiting.push(line);
      this.line = { text: "", echoed: 0, number: line.number + 1 };
    } else if (sign === "\x7f" || sign === "\b") {
      line.text = [...line.text].slice(0, -1).join("");
      line.echoed = Math.min(line.echoed, line.text.length);
    } else if (sign === "\x03" || sign === "\x15") {
      this.line = { text: "", echoed: 0, number: line.number };
    } else if (sign >= " " && line.text.length < LINE_MAX) line.text += sign;
  }
}

function echo(line: Line, sign: string): void {
  if (line.text.startsWith(sign, line.echoed)) line.echoed += sign.length;
}

function told({ text, echoed, number }: Line): TypedLine {
  const isShown = echoed >= text.length;
  return { text: isShown ? text : "", echo: isShown, number };
}
