/**
 * Events of an asciicast in their order. What was typed waits until it is known whether the
 * terminal showed it, and everything behind it with it: what was not shown is a secret, and goes
 * out as a mask that tells neither its signs nor how many they were.
 */
export interface CastEvent {
  readonly atMs: number;
  readonly kind: "o" | "r" | "m" | "i";
  readonly text: string;
}

interface Waiting extends CastEvent {
  /** Of typed ones: which line they belong to, and whether they end it. */
  readonly line: number | undefined;
  readonly endsLine: boolean;
  /** What goes out; undefined: not known yet. */
  out: string | undefined;
}

/** As long for every secret. */
export const MASK = "********";
/** An answer of a slow asset, not a day of one: then what was typed is masked, unshown. */
const HELD_MAX = 4 * 1024 * 1024;
const HELD_EVENTS_MAX = 10_000;
/** A cursor key or another that is no sign; never what a terminal puts around pasted text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: keys are control characters
const KEY = /^\x1b(?:\[(?!20[01]~)[0-9;]*[A-Za-z~]|O[A-Za-z])$/;

export class CastQueue {
  private waiting: Waiting[] = [];
  private held = 0;
  /** Ends of lines that were typed so far: the number of the line that is typed. */
  private line = 0;
  private isBegun = false;

  add(event: CastEvent): readonly CastEvent[] {
    return this.put({ ...event, line: undefined, endsLine: false, out: event.text });
  }

  /** @param text of one record, as it was typed */
  typed(atMs: number, text: string): readonly CastEvent[] {
    if (text.startsWith("\x1b")) {
      return KEY.test(text) ? this.add({ atMs, kind: "i", text }) : [];
    }
    const gone: CastEvent[] = [];
    for (const piece of text.match(/[^\r\n]*[\r\n]|[^\r\n]+/g) ?? []) {
      const endsLine = /[\r\n]$/.test(piece);
      const { line } = this;
      // Nothing is told of a line that is empty.
      const isEmpty = endsLine && piece.length === 1 && !this.isBegun;
      const out = isEmpty ? piece : undefined;
      gone.push(...this.put({ atMs, kind: "i", text: piece, line, endsLine, out }));
      this.isBegun = !endsLine;
      if (endsLine) this.line += 1;
    }
    return gone;
  }

  /** @param line its number, as `TypedLine` has it */
  told(line: number, text: string, echo: boolean): readonly CastEvent[] {
    return this.settle(line, echo ? text : undefined);
  }

  /** Of nothing more will be known whether it was shown. */
  end(): readonly CastEvent[] {
    return this.settle(Number.MAX_SAFE_INTEGER, undefined);
  }

  /** This line, and those before it of which nothing was told. @param text undefined: not shown */
  private settle(until: number, text: string | undefined): readonly CastEvent[] {
    let events: Waiting[] = [];
    const settled = () => {
      const [first] = events;
      if (first) settleLine(events, first.line === until ? text : undefined);
      events = [];
    };
    for (const event of this.waiting) {
      if (event.out !== undefined || event.line === undefined) continue;
      if (event.line > until) break;
      if (event.line !== events[0]?.line) settled();
      events.push(event);
    }
    settled();
    return this.take();
  }

  private put(event: Waiting): readonly CastEvent[] {
    this.waiting.push(event);
    this.held += event.text.length;
    const isFull = this.held > HELD_MAX || this.waiting.length > HELD_EVENTS_MAX;
    return isFull ? this.end() : this.take();
  }

  private take(): readonly CastEvent[] {
    const first = this.waiting.findIndex(({ out }) => out === undefined);
    const gone = this.waiting.splice(0, first < 0 ? this.waiting.length : first);
    for (const { text } of gone) this.held -= text.length;
    return gone
      .map(({ atMs, kind, out }) => ({ atMs, kind, text: out ?? "" }))
      .filter(({ text }) => text !== "");
  }
}

function signsOf(events: readonly Waiting[]): string {
  return events.map(({ text, endsLine }) => (endsLine ? text.slice(0, -1) : text)).join("");
}

/** Key by key where it was shown as it was typed; what was corrected, as it was in the end. */
function settleLine(events: readonly Waiting[], shown: string | undefined): void {
  const signs = signsOf(events);
  const asTyped = signs === "" || signs === shown;
  for (const [at, event] of events.entries()) {
    const isLast = at === events.length - 1;
    const end = event.endsLine ? event.text.slice(-1) : "";
    if (asTyped) event.out = event.text;
    else event.out = isLast ? `${shown ?? MASK}${end}` : "";
  }
}
