/**
 * The terminals of a session at one moment of its tape: a player that begins there shows what they
 * showed without what came before. Derived from the tape and never input.
 *
 *     {"version":1,"sequence":41,"wallMs":1760000000000,"channels":[{"channel":1,"columns":80, …,
 *      "client":"","asset":"0000000a5e","snapshot":{"columns":80,"rows":24,"sequence":"…"}}, …]}
 */
import { hexOf } from "../log/hex.ts";
import { fromHex, isCount, isRecord, parsedFrame } from "../tape/framed-json.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import type { ChannelState, TerminalEvent } from "./terminal-history.ts";
import type { Snapshot } from "./terminal-snapshot.ts";

/** Between two records. */
export interface TerminalMoment {
  /** Of the record before it. */
  readonly sequence: number;
  readonly wallMs: number;
  readonly channels: readonly FramedChannel[];
}

/** `snapshot` where it has a screen. */
export type FramedChannel = ChannelState & { readonly snapshot: Snapshot | undefined };

export function encodeTerminalFrame({ sequence, wallMs, channels }: TerminalMoment): Uint8Array {
  const written = channels.map((channel) => ({
    ...channel,
    client: hexOf(channel.client),
    asset: hexOf(channel.asset),
  }));
  return encodeUtf8(JSON.stringify({ version: 1, sequence, wallMs, channels: written }));
}

/** Undefined if the bytes are no frame that can be read here. */
export function decodeTerminalFrame(bytes: Uint8Array): TerminalMoment | undefined {
  const read = parsedFrame(bytes);
  if (!isRecord(read) || read.version !== 1 || !Array.isArray(read.channels)) return undefined;
  const { sequence, wallMs } = read;
  if (typeof sequence !== "number" || typeof wallMs !== "number") return undefined;
  const channels = read.channels.map(channelOf);
  const whole = channels.filter((channel) => channel !== undefined);
  return whole.length < channels.length ? undefined : { sequence, wallMs, channels: whole };
}

/** What a player is told in the place of all that came before. */
export function framedEvents({ sequence, wallMs, channels }: TerminalMoment): TerminalEvent[] {
  return channels.flatMap(({ channel, start, hasTerminal, snapshot }) => {
    if (!start || !snapshot) return [];
    const what = { command: start.text, terminal: hasTerminal, snapshot };
    return [{ channel, sequence, wallMs, kind: "frame", ...what } as const];
  });
}

function channelOf(value: unknown): FramedChannel | undefined {
  if (!isRecord(value)) return undefined;
  const { channel, columns, rows, hasTerminal, running, between } = value;
  const [client, asset] = [fromHex(value.client), fromHex(value.asset)];
  if (!isCount(channel) || !isCount(columns) || !isCount(rows)) return undefined;
  if (typeof hasTerminal !== "boolean" || typeof running !== "boolean") return undefined;
  if (typeof between !== "string" || !Array.isArray(value.typed) || !client || !asset) {
    return undefined;
  }
  return {
    ...{ channel, columns, rows, hasTerminal, running, between, client, asset },
    start: startOf(value.start),
    status: isCount(value.status) ? value.status : undefined,
    typed: value.typed.flatMap(typedOf),
    snapshot: snapshotIn(value.snapshot),
  };
}

function startOf(value: unknown): ChannelState["start"] {
  if (!isRecord(value) || typeof value.text !== "string") return undefined;
  const { kind, text } = value;
  return kind === "shell" || kind === "exec" || kind === "subsystem" ? { kind, text } : undefined;
}

function typedOf(value: unknown) {
  if (!isRecord(value) || typeof value.text !== "string" || !isCount(value.echoed)) return [];
  return [{ text: value.text, echoed: value.echoed }];
}

function snapshotIn(value: unknown): Snapshot | undefined {
  if (!isRecord(value) || typeof value.sequence !== "string") return undefined;
  const { columns, rows, sequence } = value;
  return isCount(columns) && isCount(rows) ? { columns, rows, sequence } : undefined;
}
