/**
 * Output of a terminal as plain text: escape sequences out, wherever they were cut. For finding
 * words; what it looked like only a terminal can tell.
 */
const STATES = ["text", "escape", "sequence", "string", "string-escape"] as const;
type State = (typeof STATES)[number];

export class PlainText {
  private state: State;

  /** @param state that another one had */
  constructor(state = "text") {
    this.state = STATES.find((known) => known === state) ?? "text";
  }

  /** In the middle of what it is: for the one that goes on from here. */
  get between(): string {
    return this.state;
  }

  /** Printable characters, tabs, carriage returns and line feeds of this piece. */
  push(text: string): string {
    let plain = "";
    for (const sign of text) {
      if (this.state === "text" && isPlain(sign)) plain += sign;
      else this.state = next(this.state, sign);
    }
    return plain;
  }
}

function isPlain(sign: string): boolean {
  const code = sign.codePointAt(0) ?? 0;
  return (
    (code >= 0x20 && code !== 0x7f && !(code >= 0x80 && code < 0xa0)) || "\t\r\n".includes(sign)
  );
}

/** ECMA-48, 5.4 (control sequences) and 5.6 (control strings). */
function next(state: State, sign: string): State {
  if (sign === "\x1b") return state === "string" ? "string-escape" : "escape";
  switch (state) {
    case "text":
      return "text";
    case "escape":
      if (sign === "[") return "sequence";
      if ("]PX^_".includes(sign)) return "string";
      return sign >= " " && sign <= "/" ? "escape" : "text";
    case "sequence":
      return sign >= "@" && sign <= "~" ? "text" : "sequence";
    case "string":
      return sign === "\x07" ? "text" : "string";
    case "string-escape":
      return sign === "\\" ? "text" : "string";
  }
}
