/** Random ids: lower-case letters and digits that people can read to each other (no i, l, o, u). */
import { randomBytes } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
/** 100 bits: never guessed, never met twice. */
const ID_LENGTH = 20;
/** 50 bits of milliseconds: beyond the year 30000. */
const TIME_LENGTH = 10;
const COUNTER_LENGTH = 4;

export function newId(): string {
  return Array.from(randomBytes(ID_LENGTH), (byte) => ALPHABET[byte & 31]).join("");
}

/** Ids that sort as they were made, even within a millisecond and when the clock steps back. */
export class OrderedIds {
  private lastMs = 0;
  private counter = 0;

  /** @param afterId the last id made by an earlier process, if any */
  constructor(afterId?: string) {
    if (afterId) this.lastMs = decode(afterId.slice(0, TIME_LENGTH)) + 1;
  }

  next(nowMs: number): string {
    this.counter = nowMs > this.lastMs ? 0 : this.counter + 1;
    this.lastMs = Math.max(nowMs, this.lastMs);
    if (this.counter >= 32 ** COUNTER_LENGTH) {
      this.lastMs += 1;
      this.counter = 0;
    }
    return encode(this.lastMs, TIME_LENGTH) + encode(this.counter, COUNTER_LENGTH) + newId();
  }
}

function encode(value: number, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) {
    text = ALPHABET[rest % 32] + text;
  }
  return text;
}

function decode(text: string): number {
  return [...text].reduce((value, letter) => value * 32 + ALPHABET.indexOf(letter), 0);
}
