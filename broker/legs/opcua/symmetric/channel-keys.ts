/**
 * What the contained process hands over of a secure channel, so that its messages can be opened
 * and sealed here. That process speaks with strangers: everything that comes from it is looked at
 * as if a stranger had sent it, and the security must be the one that the broker asked for.
 */
import { createSecretKey, type KeyObject } from "node:crypto";
import { FRAME_MAX } from "../../../../protocols/opcua/frame.ts";
import type { ChannelSecurity, SecurityModeName, SecurityPolicyName } from "../security.ts";
import { BLOCK, CHUNK_MAX, CHUNK_MIN, NUMBER_LAST, SMALL_CHUNK_MIN } from "./chunk-layout.ts";
import { type OneWayKeys, Opener, Sealer } from "./one-way-keys.ts";

/** Base64. Only what the mode needs. */
export interface HandedKeys {
  readonly signing: string;
  readonly encrypting: string | null;
  readonly iv: string | null;
}

/** Directions are those of the broker's side. */
export interface HandedToken {
  readonly channelId: number;
  readonly tokenId: number;
  /** When this is written: no clock of the wall crosses the border. */
  readonly ageMs: number;
  readonly lifetimeMs: number;
  /** `null` in mode None. */
  readonly send: HandedKeys | null;
  readonly receive: HandedKeys | null;
}

/** Towards the peer 0 means that it named no limit. */
export interface HandedLimits {
  readonly chunkMax: number;
  readonly messageMax: number;
  readonly chunksMax: number;
}

export interface HandedChannel {
  readonly channelId: number;
  readonly policy: string;
  readonly mode: string;
  readonly token: HandedToken;
  /** Sequence number of the next chunk in each direction. */
  readonly nextSend: number;
  readonly nextReceive: number;
  readonly send: HandedLimits;
  readonly receive: HandedLimits;
}

export interface TokenKeys {
  readonly kind: "token";
  readonly tokenId: number;
  /** By the clock that the channel is asked with. */
  readonly createdMs: number;
  readonly lifetimeMs: number;
  /** Undefined in mode None. */
  readonly sealer: Sealer | undefined;
  readonly opener: Opener | undefined;
}

export interface ChannelKeys {
  readonly kind: "channel";
  readonly channelId: number;
  readonly security: ChannelSecurity;
  readonly token: TokenKeys;
  readonly nextSend: number;
  readonly nextReceive: number;
  readonly send: HandedLimits;
  readonly receive: HandedLimits;
}

/** The contained process lies or is broken: the channel cannot go on. */
export interface HandedFault {
  readonly kind: "fault";
  readonly reason: string;
}

/** Our part of a channel. */
export type Role = "client" | "server";

/** Of one direction, as the library derives them. */
export interface DerivedKeys {
  readonly signingKey: Uint8Array;
  readonly encryptingKey: Uint8Array;
  readonly initializationVector: Uint8Array;
}

export interface DerivedPair {
  readonly derivedClientKeys: DerivedKeys | null;
  readonly derivedServerKeys: DerivedKeys | null;
}

/** For the contained process. */
export function handedToken(
  made: Pick<HandedToken, "channelId" | "tokenId" | "ageMs" | "lifetimeMs">,
  mode: SecurityModeName,
  role: Role,
  derived: DerivedPair | null,
): HandedToken {
  const { channelId, tokenId, ageMs, lifetimeMs } = made;
  const client = handedKeys(mode, derived?.derivedClientKeys);
  const server = handedKeys(mode, derived?.derivedServerKeys);
  const [send, receive] = role === "client" ? [client, server] : [server, client];
  return { channelId, tokenId, ageMs, lifetimeMs, send, receive };
}

function handedKeys(
  mode: SecurityModeName,
  derived: DerivedKeys | null | undefined,
): HandedKeys | null {
  if (mode === "None" || !derived) return null;
  const isEncrypted = mode === "SignAndEncrypt";
  return {
    signing: base64(derived.signingKey),
    encrypting: isEncrypted ? base64(derived.encryptingKey) : null,
    iv: isEncrypted ? base64(derived.initializationVector) : null,
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

const U32_MAX = 0xffff_ffff;
/** Of HMAC-SHA256 in each of the policies. */
const SIGNING_KEY = 32;
const ENCRYPTING_KEY: Readonly<Record<Exclude<SecurityPolicyName, "None">, number>> = {
  Basic256Sha256: 32,
  Aes128_Sha256_RsaOaep: 16,
  Aes256_Sha256_RsaPss: 32,
};
/** A message of the largest size in the smallest chunks, with room for their headers. */
const CHUNKS_MAX = 2 * Math.ceil(FRAME_MAX / CHUNK_MIN);

/** @param security what the broker itself knows that this channel must have */
export function channelKeysOf(
  handed: unknown,
  security: ChannelSecurity,
  nowMs: number,
): ChannelKeys | HandedFault {
  if (!isRecord(handed)) return fault("no channel");
  const { channelId, policy, mode, nextSend, nextReceive } = handed;
  if (policy !== security.policy || mode !== security.mode) return fault("another security");
  if (!isWhole(channelId, 1, U32_MAX)) return fault("a channel without a number");
  if (!isWhole(nextSend, 0, NUMBER_LAST) || !isWhole(nextReceive, 0, U32_MAX)) {
    return fault("a sequence number that cannot be");
  }
  const send = limitsOf(handed.send, 0);
  const receive = limitsOf(handed.receive, 1);
  if (!send || !receive) return fault("limits that cannot be");
  const token = tokenKeysOf(handed.token, { channelId, security }, nowMs);
  if (token.kind === "fault") return token;
  return { kind: "channel", channelId, security, token, nextSend, nextReceive, send, receive };
}

export function tokenKeysOf(
  handed: unknown,
  channel: Pick<ChannelKeys, "channelId" | "security">,
  nowMs: number,
): TokenKeys | HandedFault {
  if (!isRecord(handed)) return fault("no token");
  const { channelId, tokenId, ageMs, lifetimeMs } = handed;
  if (channelId !== channel.channelId) return fault("a token of another channel");
  if (!isWhole(tokenId, 1, U32_MAX)) return fault("a token without a number");
  if (!isWhole(lifetimeMs, 1, U32_MAX)) return fault("a token without a lifetime");
  if (typeof ageMs !== "number" || !(ageMs >= 0 && ageMs <= U32_MAX)) {
    return fault("a token from another time");
  }
  const made = { kind: "token", tokenId, createdMs: nowMs - ageMs, lifetimeMs } as const;
  if (channel.security.mode === "None") {
    if (handed.send !== null || handed.receive !== null) return fault("keys without security");
    return { ...made, sealer: undefined, opener: undefined };
  }
  const send = oneWayKeysOf(handed.send, channel.security);
  const receive = oneWayKeysOf(handed.receive, channel.security);
  if (!send || !receive) return fault("keys that are not those of its policy");
  return { ...made, sealer: new Sealer(send), opener: new Opener(receive) };
}

function oneWayKeysOf(handed: unknown, { policy, mode }: ChannelSecurity): OneWayKeys | undefined {
  if (!isRecord(handed) || policy === "None") return undefined;
  const signing = bytesOf(handed.signing, SIGNING_KEY);
  if (!signing) return undefined;
  if (mode === "Sign") {
    if (handed.encrypting !== null || handed.iv !== null) return undefined;
    return { signing: keyOf(signing) };
  }
  const encrypting = bytesOf(handed.encrypting, ENCRYPTING_KEY[policy]);
  const iv = bytesOf(handed.iv, BLOCK);
  if (!encrypting || !iv) return undefined;
  return { signing: keyOf(signing), encryption: { key: keyOf(encrypting), iv } };
}

/** The bytes are the key's alone from now on. */
function keyOf(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** @param least of messages and chunks: what we take is always bounded */
function limitsOf(handed: unknown, least: 0 | 1): HandedLimits | undefined {
  if (!isRecord(handed)) return undefined;
  const { chunkMax, messageMax, chunksMax } = handed;
  const isTheirs = least === 0;
  if (!isWhole(chunkMax, isTheirs ? SMALL_CHUNK_MIN : CHUNK_MIN, CHUNK_MAX)) return undefined;
  if (!isWhole(messageMax, least, isTheirs ? U32_MAX : FRAME_MAX)) return undefined;
  if (!isWhole(chunksMax, least, isTheirs ? U32_MAX : CHUNKS_MAX)) return undefined;
  return { chunkMax, messageMax, chunksMax };
}

/** Exactly so many, in the one way of writing them. */
function bytesOf(written: unknown, length: number): Buffer | undefined {
  if (typeof written !== "string" || written.length !== 4 * Math.ceil(length / 3)) return undefined;
  const bytes = Buffer.from(written, "base64");
  return bytes.length === length && bytes.toString("base64") === written ? bytes : undefined;
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function fault(what: string): HandedFault {
  return { kind: "fault", reason: `the OPC UA process handed over ${what}` };
}
