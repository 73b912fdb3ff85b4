/**
 * How both sides of a screen begin (RFC 6143, 7.1 and 7.2), until ClientInit: what legs do before
 * a guard sees anything. Towards the asset with a password or without, towards the client always
 * without: who they are was settled before.
 */
import { copyBytes } from "../copy-bytes.ts";

export interface HandshakeStep {
  /** To say now. */
  readonly send: readonly Uint8Array[];
  readonly state:
    | { readonly kind: "going" }
    /** `rest` came already and is not part of it. */
    | { readonly kind: "done"; readonly rest: Uint8Array }
    /** In words for the person. */
    | { readonly kind: "failed"; readonly reason: string };
}

/** Answers a challenge of 16 bytes. */
export type AnswerChallenge = (challenge: Uint8Array) => Uint8Array;

type Talk = Generator<number | Uint8Array, string | undefined, Uint8Array>;

const VERSION_LENGTH = 12;
const SECURITY = { none: 1, password: 2 } as const;
const CHALLENGE_LENGTH = 16;
/** A reason is a sentence; the rest of a longer one is not waited for. */
const REASON_MAX = 512;
/** A handshake is some hundred bytes; who sends more before it ends is no peer. */
const WAITING_MAX = 4_096;

export class Handshake {
  private readonly talk: Talk;
  private needed = 0;
  private waiting: Uint8Array = new Uint8Array(0);
  private over = false;

  private constructor(talk: Talk) {
    this.talk = talk;
  }

  /** @param answer undefined where no password is set */
  static withAsset(answer: AnswerChallenge | undefined): Handshake {
    return new Handshake(talkWithAsset(answer));
  }

  static withClient(): Handshake {
    return new Handshake(talkWithClient());
  }

  /** What arrived; nothing at the beginning. */
  push(bytes: Uint8Array): HandshakeStep {
    const send: Uint8Array[] = [];
    if (this.over) return { send, state: { kind: "done", rest: bytes } };
    if (this.waiting.length + bytes.length > WAITING_MAX) {
      this.over = true;
      return { send, state: { kind: "failed", reason: "it says too much before it begins" } };
    }
    this.waiting = Uint8Array.from([...this.waiting, ...bytes]);
    while (this.waiting.length >= this.needed) {
      const given = copyBytes(this.waiting, 0, this.needed);
      this.waiting = copyBytes(this.waiting, this.needed);
      this.needed = 0;
      const next = this.talk.next(given);
      if (next.done) return this.end(next.value, send);
      if (typeof next.value === "number") this.needed = next.value;
      else send.push(next.value);
    }
    return { send, state: { kind: "going" } };
  }

  private end(reason: string | undefined, send: readonly Uint8Array[]): HandshakeStep {
    this.over = true;
    if (reason !== undefined) return { send, state: { kind: "failed", reason } };
    return { send, state: { kind: "done", rest: this.waiting } };
  }
}

/** The minor version that both speak: 3, 7 or 8. */
function minorOf(version: Uint8Array): number | undefined {
  const read = /^RFB (\d{3})\.(\d{3})\n$/.exec(textOf(version));
  if (!read) return undefined;
  const [major, minor] = [Number(read[1]), Number(read[2])];
  // Some say 003.889 or 004.001 and speak 3.8; 003.005 and others speak 3.3 (RFC 6143, 7.1.1).
  if (major > 3 || minor >= 8) return 8;
  return minor === 7 ? 7 : 3;
}

function versionOf(minor: number): Uint8Array {
  return bytesOf(`RFB 003.00${minor}\n`);
}

function* talkWithAsset(answer: AnswerChallenge | undefined): Talk {
  const minor = minorOf(yield VERSION_LENGTH);
  if (minor === undefined) return "it does not speak VNC";
  yield versionOf(minor);
  const chosen = minor === 3 ? yield* givenSecurity() : yield* chooseSecurity(answer !== undefined);
  if (typeof chosen === "string") return chosen;
  if (chosen === SECURITY.password) {
    if (!answer) return "it wants a password and none is set: an administrator can set it";
    yield answer(yield CHALLENGE_LENGTH);
  }
  if (chosen === SECURITY.none && minor < 8) return undefined;
  const result = numberOf(yield 4);
  if (result === 0) return undefined;
  const reason = minor === 8 ? yield* readReason() : "";
  return refusedWords(reason);
}

function* givenSecurity(): Generator<number | Uint8Array, number | string, Uint8Array> {
  const given = numberOf(yield 4);
  if (given === 0) return refusedWords(yield* readReason());
  return given === SECURITY.none || given === SECURITY.password ? given : unknownSecurity([given]);
}

function* chooseSecurity(
  password: boolean,
): Generator<number | Uint8Array, number | string, Uint8Array> {
  const count = (yield 1)[0] ?? 0;
  if (count === 0) return refusedWords(yield* readReason());
  const offered = [...(yield count)];
  const wanted = password ? [SECURITY.password, SECURITY.none] : [SECURITY.none, SECURITY.password];
  const chosen = wanted.find((each) => offered.includes(each));
  if (chosen === undefined) return unknownSecurity(offered);
  yield Uint8Array.of(chosen);
  return chosen;
}

function* readReason(): Generator<number | Uint8Array, string, Uint8Array> {
  const length = Math.min(numberOf(yield 4), REASON_MAX);
  const reason = length === 0 ? new Uint8Array(0) : yield length;
  return textOf(reason).replace(/[^\x20-\x7e]/g, "?");
}

function refusedWords(reason: string): string {
  return reason === "" ? "the asset refused the credential" : `the asset refused: ${reason}`;
}

function unknownSecurity(offered: readonly number[]): string {
  return `it offers only security that is not carried (${offered.join(", ")})`;
}

function* talkWithClient(): Talk {
  yield versionOf(8);
  const minor = minorOf(yield VERSION_LENGTH);
  if (minor === undefined) return "it does not speak VNC";
  if (minor === 3) {
    yield Uint8Array.of(0, 0, 0, SECURITY.none);
    return undefined;
  }
  yield Uint8Array.of(1, SECURITY.none);
  if ((yield 1)[0] !== SECURITY.none) return "it wants a security that was not offered";
  if (minor === 8) yield new Uint8Array(4);
  return undefined;
}

function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
