/** What a tape's terminals showed and what was typed into them, as texts for the index. */
import { PlainText } from "../../../protocols/ssh/plain-text.ts";
import { type TerminalEvent, TerminalHistory } from "../../../protocols/ssh/terminal-history.ts";
import type { TapeRecord } from "../../../protocols/tape/record.ts";
import type { ToldText } from "./make-row.ts";

/** A row of the index holds about a screen: a found word leads to where it was shown. */
const TEXT_LENGTH = 2_000;
/** What comes later than this is another moment. */
const MOMENT_MS = 2_000;

interface Shown {
  readonly sequence: number;
  readonly wallMs: number;
  text: string;
}

export class TerminalTexts {
  private readonly history: TerminalHistory;
  private readonly decoders = new Map<
    number,
    { utf8: InstanceType<typeof TextDecoder>; plain: PlainText }
  >();
  private readonly shown = new Map<number, Shown>();
  private last = { sequence: -1, items: 0 };

  /** @param running terminals of which the beginning is not told */
  constructor(running: readonly number[] = []) {
    this.history = new TerminalHistory(running);
  }

  get running(): readonly number[] {
    return this.history.running;
  }

  push(record: TapeRecord): readonly ToldText[] {
    return this.history.push(record).flatMap((event) => this.event(event));
  }

  /** What is not long enough to be a text of its own yet. */
  flush(): readonly ToldText[] {
    return [...this.shown.keys()].flatMap((channel) => this.take(channel));
  }

  private event(event: TerminalEvent): readonly ToldText[] {
    const { channel, sequence, wallMs } = event;
    switch (event.kind) {
      case "output":
        return this.output(event);
      case "typed":
        return [this.told(sequence, { wallMs, what: "typed", text: event.text, echo: event.echo })];
      case "end": {
        this.decoders.delete(channel);
        return this.take(channel);
      }
      default:
        return [];
    }
  }

  private output(event: Extract<TerminalEvent, { kind: "output" }>): readonly ToldText[] {
    const { channel, sequence, wallMs, bytes } = event;
    const told: ToldText[] = [];
    const before = this.shown.get(channel);
    if (before && wallMs - before.wallMs > MOMENT_MS) told.push(...this.take(channel));
    const decoder = this.decoders.get(channel) ?? {
      utf8: new TextDecoder(),
      plain: new PlainText(),
    };
    this.decoders.set(channel, decoder);
    const text = decoder.plain.push(decoder.utf8.decode(bytes, { stream: true }));
    const shown = this.shown.get(channel) ?? { sequence, wallMs, text: "" };
    shown.text += text;
    this.shown.set(channel, shown);
    if (shown.text.length >= TEXT_LENGTH) told.push(...this.take(channel));
    return told;
  }

  private take(channel: number): readonly ToldText[] {
    const shown = this.shown.get(channel);
    this.shown.delete(channel);
    if (!shown || shown.text.trim() === "") return [];
    const { sequence, wallMs } = shown;
    const whole = shown.text.trim();
    const pieces = Array.from({ length: Math.ceil(whole.length / TEXT_LENGTH) }, (_, n) =>
      whole.slice(n * TEXT_LENGTH, (n + 1) * TEXT_LENGTH),
    );
    return pieces.map((text) => this.told(sequence, { wallMs, what: "shown", text, echo: true }));
  }

  private told(sequence: number, told: Omit<ToldText, "sequence" | "item">): ToldText {
    if (this.last.sequence !== sequence) this.last = { sequence, items: 0 };
    const item = this.last.items;
    this.last.items += 1;
    return { sequence, item, ...told };
  }
}
