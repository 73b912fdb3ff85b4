/** Both ends of a secure channel, with keys that node-opcua derived. */
import { createHash } from "node:crypto";
import {
  computeDerivedKeys,
  fromURI,
  getCryptoFactory,
  MessageBuilder,
  MessageSecurityMode,
} from "node-opcua-secure-channel";
import { type ChannelSecurity, POLICY_URIS, SECURE } from "../../broker/legs/opcua/security.ts";
import {
  type ChannelKeys,
  channelKeysOf,
  type DerivedPair,
  type HandedChannel,
  type HandedLimits,
  type HandedToken,
  handedToken,
  type Role,
  type TokenKeys,
  tokenKeysOf,
} from "../../broker/legs/opcua/symmetric/channel-keys.ts";
import { ChunkReader } from "../../broker/legs/opcua/symmetric/chunk-reader.ts";
import { ChunkWriter } from "../../broker/legs/opcua/symmetric/chunk-writer.ts";
import { TokenWindow } from "../../broker/legs/opcua/symmetric/token-window.ts";

/** Every security that is spoken, and none. */
export const SECURITIES: readonly ChannelSecurity[] = [...SECURE, { policy: "None", mode: "None" }];

export const CHANNEL_ID = 7;
export const TOKEN_ID = 3;
export const LIFETIME_MS = 600_000;
const LIMITS: HandedLimits = { chunkMax: 8_192, messageMax: 1_000_000, chunksMax: 200 };

export interface Options {
  readonly nextSend?: number;
  readonly nextReceive?: number;
  readonly send?: Partial<HandedLimits>;
  readonly receive?: Partial<HandedLimits>;
}

/** What the library makes of two nonces; another number gives other ones. */
export function derivedBy({ policy, mode }: ChannelSecurity, seed = 1): DerivedPair | null {
  const factory = getCryptoFactory(fromURI(POLICY_URIS[policy]));
  if (mode === "None" || !factory) return null;
  const nonce = (name: string) => createHash("sha256").update(`${name} ${seed}`).digest();
  return computeDerivedKeys(factory, nonce("server"), nonce("client"));
}

export function handedBy(
  security: ChannelSecurity,
  role: Role,
  { nextSend = 1, nextReceive = 1, send, receive }: Options = {},
): HandedChannel {
  return {
    ...{ ...security, channelId: CHANNEL_ID, nextSend, nextReceive },
    token: handedTokenBy(security, role, TOKEN_ID),
    send: { ...LIMITS, ...send },
    receive: { ...LIMITS, ...receive },
  };
}

/** Each token has keys of its own. */
export function handedTokenBy(security: ChannelSecurity, role: Role, tokenId: number): HandedToken {
  const made = { channelId: CHANNEL_ID, tokenId, ageMs: 0, lifetimeMs: LIFETIME_MS };
  return handedToken(made, security.mode, role, derivedBy(security, tokenId));
}

export interface End {
  readonly channel: ChannelKeys;
  readonly window: TokenWindow;
  readonly reader: ChunkReader;
  readonly writer: ChunkWriter;
  /** A renewal. */
  renew(tokenId: number, nowMs: number): TokenKeys;
}

/** As after the keys came over the border: written as JSON, and read. */
export function endOf(security: ChannelSecurity, role: Role, options: Options = {}): End {
  const channel = channelKeysOf(over(handedBy(security, role, options)), security, 0);
  if (channel.kind === "fault") throw new Error(channel.reason);
  const window = new TokenWindow(channel, role);
  const [reader, writer] = [new ChunkReader(channel, window), new ChunkWriter(channel, window)];
  const renew = (tokenId: number, nowMs: number) => {
    const token = tokenKeysOf(over(handedTokenBy(security, role, tokenId)), channel, nowMs);
    if (token.kind === "fault" || !window.add(token)) throw new Error("no renewal");
    return token;
  };
  return { channel, window, reader, writer, renew };
}

export function over(handed: unknown): unknown {
  return JSON.parse(JSON.stringify(handed));
}

/** A message in bytes that differ from place to place; nobody may change them. */
export function bytesOf(length: number): Buffer {
  return PATTERN.subarray(0, length);
}

const PATTERN = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, at) => at * 7 + (at >> 8)));

/** All chunks of a message as they leave; throws where none do. */
export function sentBy({ writer }: End, requestId: number, body: Uint8Array, nowMs = 0): Buffer {
  const written = writer.write(requestId, [body], nowMs);
  if (written.kind !== "chunks") throw new Error(written.reason);
  return written.bytes;
}

/** One after another, as they say themselves. */
export function chunksIn(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    chunks.push(bytes.subarray(at, at + bytes.readUInt32LE(at + 4)));
  }
  return chunks;
}

/** The library's end that hears what `from` says: what it gives out of these chunks, in order. */
export function libraryReads(
  security: ChannelSecurity,
  from: Role,
  bytes: Buffer,
): readonly { readonly requestId: number; readonly body: Buffer }[] {
  const keys = derivedBy(security, TOKEN_ID);
  const sender = from === "client" ? keys?.derivedClientKeys : keys?.derivedServerKeys;
  const provider = { getDerivedKey: () => (sender ?? null) as never };
  const builder = new MessageBuilder(provider, { name: "oracle", maxChunkSize: 65_535 });
  const mode = MessageSecurityMode[security.mode];
  builder.setSecurity(mode, fromURI(POLICY_URIS[security.policy]));
  const read: { requestId: number; body: Buffer }[] = [];
  const inside = builder as unknown as {
    readonly sequenceHeader: { readonly requestId: number };
    _decodeMessageBody(body: Buffer): boolean;
  };
  inside._decodeMessageBody = (body) => {
    read.push({ requestId: inside.sequenceHeader.requestId, body: Buffer.from(body) });
    return true;
  };
  builder.on("error", (error) => {
    throw error;
  });
  // It decrypts in place.
  for (const chunk of chunksIn(bytes)) builder.feed(Buffer.from(chunk));
  return read;
}
