/** One browser page on the live channel: its socket, whose it is, and what it may send. */
import type { Socket } from "socket.io";
import type { SignedIn } from "../../identity/identity.ts";
import type { FromBroker, FromBrowser } from "../shapes/live.ts";
import type { Unread } from "../unread.ts";

export type LiveSocket = Socket<FromBrowser, FromBroker>;

/** A page that owns or watches sessions. */
export interface Page {
  readonly socket: LiveSocket;
  /** Whether the page reads what it is sent; one that does not is let go before it costs memory. */
  isReading(): boolean;
  /** The sign-in as it stands now; undefined once it has ended. */
  me(): SignedIn | undefined;
  /** Whether the sign-in's device has proved itself on this socket. */
  isOfDevice(): boolean;
}

/** Messages waiting for a page that reads nothing: some seconds of a busy one. */
const WAITING_MAX = 2_000;
/**
 * More than credit lets be on its way to a page, with the key frames of a wall of screens. Whoever
 * returns credit for what it never took has more than this waiting, and its connection is torn.
 */
const WAITING_BYTES_MAX = 32 * 1_048_576;

export function openPage(
  socket: LiveSocket,
  me: () => SignedIn | undefined,
  isOfDevice: () => boolean,
  unread: Unread,
): Page {
  let [waiting, waitingBytes] = [0, 0];
  const connection = socket.request.socket;
  const held = {
    unreadBytes: () => waitingBytes + connection.writableLength,
    // Not now: whoever sends is told nothing meanwhile.
    tear: () => void setImmediate(() => connection.destroy()),
  };
  socket.conn.on("packetCreate", ({ data }: { readonly data?: string | Uint8Array }) => {
    waiting += 1;
    waitingBytes += data?.length ?? 0;
    if (waitingBytes > WAITING_BYTES_MAX) held.tear();
    else if (!connection.destroyed) unread.changed(held);
  });
  socket.conn.on("drain", () => {
    [waiting, waitingBytes] = [0, 0];
  });
  connection.once("close", () => unread.forget(held));
  return { socket, me, isOfDevice, isReading: () => waiting <= WAITING_MAX };
}
