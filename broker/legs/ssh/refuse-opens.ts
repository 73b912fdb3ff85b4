/**
 * Channels that are no session, as the client asked for them: ssh2 refuses those that it does not
 * know by itself and all others with a reason of its own, so its handler is taken here, as in
 * `all-requests.ts`. ssh2's version is pinned; `test/foreign` shows that it holds.
 */
import type { Connection } from "ssh2";
import { FieldWriter } from "../../../protocols/ssh/field-writer.ts";
import { OPEN_FAILURE } from "../../../protocols/ssh/message.ts";

interface OpenInfo {
  readonly type: string;
  /** The client's own number for the channel. */
  readonly sender: number;
  readonly data: {
    readonly destIP?: string;
    readonly destPort?: number;
    readonly socketPath?: string;
  };
}

type OpenHandler = (protocol: Protocol, info: OpenInfo) => void;

interface Protocol {
  readonly _handlers: { CHANNEL_OPEN: OpenHandler };
  channelOpenFail(channel: number, reason: number, text: string): void;
}

export interface AskedChannel {
  readonly type: string;
  /** The fields that say where to. */
  readonly rest: Uint8Array;
  refuse(): void;
}

const WORDS = "Sallyport carries no forwarding";

/** Tells of every channel that is no session; whoever is told refuses it. */
export function refuseOpens(connection: Connection, asked: (channel: AskedChannel) => void): void {
  const { _protocol: protocol } = connection as unknown as { readonly _protocol: Protocol };
  const session = protocol._handlers.CHANNEL_OPEN;
  protocol._handlers.CHANNEL_OPEN = (from, info) => {
    if (info.type === "session") return session(from, info);
    const reason = OPEN_FAILURE.administrativelyProhibited;
    const refuse = () => from.channelOpenFail(info.sender, reason, WORDS);
    asked({ type: plain(info.type), rest: whereTo(info), refuse });
  };
}

function whereTo({ data: { destIP, destPort, socketPath } }: OpenInfo): Uint8Array {
  const to = new FieldWriter();
  if (socketPath !== undefined) to.name(plain(socketPath));
  else if (destIP !== undefined) to.name(plain(destIP)).uint32(destPort ?? 0);
  return to.plain();
}

export function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, TEXT_MAX);
}

const TEXT_MAX = 200;
