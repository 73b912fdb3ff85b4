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
    /** TLS begins now, and the handshake goes on within it: push nothing first. */
    | { readonly kind: "secure" }
    /** `rest` came already and is not part of it. */
    | { readonly kind: "done"; readonly rest: Uint8Array }
    /** In words for the person. */
    | { readonly kind: "failed"; readonly reason: string };
}

/** Answers a challenge of 16 bytes. */
export type AnswerChallenge = (challenge: Uint8Array) => Uint8Array;

/** How far the connection is to be trusted: `x509` and `anonymous` are within TLS, or not at all. */
export type ScreenSecurity = "open" | "x509" | "anonymous";

export interface AssetCredential {
  /** Of VNC authentication; undefined where no password is set. */
  readonly answer?: AnswerChallenge;
  /** For servers that ask for a name and a password, within TLS alone. UTF-8. */
  readonly plain?: { readonly user: Uint8Array; readonly password: Uint8Array };
}

/** Bytes that are needed next, bytes to say, or the place where TLS begins. */
type Word = number | Uint8Array | "secure";
type Talk = Generator<Word, string | undefined, Uint8Array>;
type Part<T> = Generator<Word, T, Uint8Array>;

const VERSION_LENGTH = 12;
const SECURITY = { none: 1, password: 2, veNCrypt: 19 } as const;
/** Of VeNCrypt (rfbproto, 7.2.19): what is agreed on within TLS. */
const WITHIN = {
  anonymous: { none: 257, password: 258, plain: 259 },
  x509: { none: 260, password: 261, plain: 262 },
} as const;
const VENCRYPT_VERSION = [0, 2] as const;
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

  static withAsset(credential: AssetCredential, security: ScreenSecurity = "open"): Handshake {
    return new Handshake(talkWithAsset(credential, security));
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
      if (next.value === "secure") return this.secure(send);
      if (typeof next.value === "number") this.needed = next.value;
      else send.push(next.value);
    }
    return { send, state: { kind: "going" } };
  }

  /** What came already was said in the open, where nothing more may be. */
  private secure(send: readonly Uint8Array[]): HandshakeStep {
    if (this.waiting.length === 0) return { send, state: { kind: "secure" } };
    this.over = true;
    return { send, state: { kind: "failed", reason: "it speaks before TLS has begun" } };
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

function* talkWithAsset(credential: AssetCredential, security: ScreenSecurity): Talk {
  const minor = minorOf(yield VERSION_LENGTH);
  if (minor === undefined) return "it does not speak VNC";
  yield versionOf(minor);
  if (security !== "open" && minor < 7) return "it knows no TLS, which the plant file asks for";
  const chosen = minor === 3 ? yield* givenSecurity() : yield* chooseSecurity(credential, security);
  if (typeof chosen === "string") return chosen;
  const wanted =
    chosen === SECURITY.veNCrypt && security !== "open"
      ? yield* agreeWithin(credential, security)
      : chosen === SECURITY.password
        ? "password"
        : "none";
  const refused = yield* sayCredential(wanted, credential);
  if (refused !== undefined) return refused;
  if (chosen === SECURITY.none && minor < 8) return undefined;
  const result = numberOf(yield 4);
  if (result === 0) return undefined;
  const reason = minor === 8 ? yield* readReason() : "";
  return refusedWords(reason);
}

type Wanted = "none" | "password" | "plain";

function* sayCredential(
  wanted: Wanted | { readonly reason: string },
  { answer, plain }: AssetCredential,
): Part<string | undefined> {
  if (typeof wanted === "object") return wanted.reason;
  if (wanted === "password") {
    if (!answer) return NO_PASSWORD;
    yield answer(yield CHALLENGE_LENGTH);
  }
  if (wanted === "plain") {
    if (!plain) return NO_PASSWORD;
    yield numberBytes(plain.user.length, plain.password.length);
    if (plain.user.length > 0) yield plain.user;
    if (plain.password.length > 0) yield plain.password;
  }
  return undefined;
}

const NO_PASSWORD = "it wants a password and none is set: an administrator can set it";

/** VeNCrypt 0.2: what is agreed on, then TLS. */
function* agreeWithin(
  { answer, plain }: AssetCredential,
  security: Exclude<ScreenSecurity, "open">,
): Part<Wanted | { readonly reason: string }> {
  const [major = 0, minor = 0] = yield 2;
  if (major === 0 && minor < VENCRYPT_VERSION[1]) return { reason: "its VeNCrypt is too old" };
  yield Uint8Array.from(VENCRYPT_VERSION);
  if ((yield 1)[0] !== 0) return { reason: "it does not speak VeNCrypt 0.2" };
  const count = (yield 1)[0] ?? 0;
  const list = count === 0 ? new Uint8Array(0) : yield 4 * count;
  const offered = Array.from({ length: count }, (_, n) => numberOf(list.subarray(4 * n)));
  const kinds = WITHIN[security];
  const order: readonly Wanted[] = [
    ...(plain && plain.user.length > 0 ? (["plain"] as const) : []),
    ...(answer ? (["password"] as const) : []),
    "none",
    "password",
    "plain",
  ];
  const wanted = order.find((each) => offered.includes(kinds[each]));
  if (wanted === undefined) return { reason: unknownSecurity(offered) };
  yield numberBytes(kinds[wanted]);
  if ((yield 1)[0] !== 1) return { reason: "it does not begin TLS" };
  yield "secure";
  return wanted;
}

function* givenSecurity(): Part<number | string> {
  const given = numberOf(yield 4);
  if (given === 0) return refusedWords(yield* readReason());
  return given === SECURITY.none || given === SECURITY.password ? given : unknownSecurity([given]);
}

function* chooseSecurity(
  { answer }: AssetCredential,
  security: ScreenSecurity,
): Part<number | string> {
  const count = (yield 1)[0] ?? 0;
  if (count === 0) return refusedWords(yield* readReason());
  const offered = [...(yield count)];
  const open = answer ? [SECURITY.password, SECURITY.none] : [SECURITY.none, SECURITY.password];
  // Where TLS is asked for nothing less is taken, whatever it offers.
  const wanted: readonly number[] = security === "open" ? open : [SECURITY.veNCrypt];
  const chosen = wanted.find((each) => offered.includes(each));
  if (chosen === undefined) return unknownSecurity(offered);
  yield Uint8Array.of(chosen);
  return chosen;
}

function* readReason(): Part<string> {
  const length = Math.min(numberOf(yield 4), REASON_MAX);
  const reason = length === 0 ? new Uint8Array(0) : yield length;
  return textOf(reason).replace(/[^\x20-\x7e]/g, "?");
}

function refusedWords(reason: string): string {
  return reason === "" ? "the asset refused the credential" : `the asset refused: ${reason}`;
}

function unknownSecurity(offered: readonly number[]): string {
  const tls = offered.includes(SECURITY.veNCrypt) ? "; it knows TLS: say so in the plant file" : "";
  return `it offers only security that is not carried here (${offered.join(", ")})${tls}`;
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

function numberBytes(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, n) => {
    view.setUint32(4 * n, value);
  });
  return bytes;
}
