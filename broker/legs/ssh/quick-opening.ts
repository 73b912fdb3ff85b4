/**
 * What would hold up an asset's answers while a session begins. Until something runs, OpenSSH's
 * server leaves to its system when a small message leaves, and that waits until the one before it
 * was acknowledged; a system with nothing to say acknowledges forty milliseconds late. So what comes
 * then is answered at once, by a message that means nothing (RFC 4253, 11.2).
 *
 *     asset  > hostkeys-00, DEBUG, DEBUG          not acknowledged yet
 *     broker > IGNORE                             acknowledges them
 *     asset  > CHANNEL_OPEN_CONFIRMATION          would have waited
 *
 * Nobody here wants the host keys proved that it names: each would be a signature for a small
 * device, and its answer one more to wait for. It reaches into ssh2, whose version is pinned.
 */
import type { Socket } from "node:net";
import type { Client } from "ssh2";

/** Only servers of our time name their host keys so: who does, knows what to ignore. */
const NAMES_HOST_KEYS = "hostkeys-00@openssh.com";
const IGNORE = 2;
/** From the sign-in until a program runs; each a few bytes. */
const ANSWERS_MAX = 8;

type GlobalRequest = (from: Protocol, name: string, wantReply: boolean, data: unknown) => void;

interface Protocol {
  readonly _handlers: { GLOBAL_REQUEST: GlobalRequest };
  /** Ours, while keys are exchanged. */
  readonly _kexinit: Buffer | undefined;
  readonly _cipher: { encrypt(packet: Buffer): void };
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(payloadLength: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  requestSuccess(): void;
}

/** @param client that was told to connect over the socket */
export function quickenOpening(client: Client, socket: Socket): void {
  const { _protocol: protocol } = client as unknown as { readonly _protocol: Protocol };
  let [answers, sent] = [0, 0];
  const others = protocol._handlers.GLOBAL_REQUEST;
  protocol._handlers.GLOBAL_REQUEST = (from, name, wantReply, data) => {
    if (name !== NAMES_HOST_KEYS) return others(from, name, wantReply, data);
    if (wantReply) from.requestSuccess();
    answers = ANSWERS_MAX;
    setImmediate(answer);
  };
  const answer = () => {
    if (answers === 0 || socket.bytesWritten !== sent || !socket.writable) return;
    answers -= 1;
    saysNothing(protocol);
  };
  // Before ssh2 has read it: what that answers acknowledges as well.
  socket.prependListener("data", () => {
    sent = socket.bytesWritten;
    if (answers > 0) setImmediate(answer);
  });
}

function saysNothing(protocol: Protocol): void {
  if (protocol._kexinit !== undefined) return;
  const { write } = protocol._packetRW;
  // Its length follows, and is nothing.
  const packet = write.alloc(1 + 4);
  packet.fill(0, write.allocStart, write.allocStart + 1 + 4);
  packet[write.allocStart] = IGNORE;
  protocol._cipher.encrypt(write.finalize(packet));
}
