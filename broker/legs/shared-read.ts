/**
 * Sockets that read into one buffer shared by all of them. Reading is synchronous to the end of
 * the callback, so one buffer is enough, and an idle session holds none.
 */
import { connect as connectSocket, Socket, type SocketConstructorOpts } from "node:net";
import { readRaw } from "./raw-read.ts";

/** One read: more than any Modbus burst, small enough that one peer cannot hold a turn for long. */
const READ_LENGTH = 65_536;

const shared = new Uint8Array(READ_LENGTH);

/** Views of its beginning, by length: small messages come all the time, and a view is not free. */
const VIEWS_MAX = 512;
const views: Uint8Array[] = [];

function beginning(length: number): Uint8Array {
  if (length > VIEWS_MAX) return shared.subarray(0, length);
  while (views.length <= length) views.push(shared.subarray(0, views.length));
  return views[length] ?? shared.subarray(0, length);
}

/** Receives each read; the array is valid only during the call. */
export type Receive = (bytes: Uint8Array) => void;

/** An outgoing connection to an address that was resolved and checked before. */
export function connectShared(host: string, port: number, receive: Receive): Socket {
  const read = onread(receive);
  const socket = connectSocket({ host, port, noDelay: true, keepAlive: true, onread: read });
  socket.once("connect", () => readRaw(socket, (length) => receive(beginning(length))));
  return socket;
}

/**
 * The same for a socket from a server that was made with `pauseOnConnect`. Servers offer no
 * `onread`, so the handle moves to a socket that has it; where Node keeps it elsewhere one day,
 * the ordinary road is taken, which is slower and otherwise alike.
 */
export function adoptAccepted(accepted: Socket, receive: Receive): Socket {
  const owner = accepted as Socket & { _handle?: object | null };
  const handle = owner._handle;
  if (!handle) {
    accepted.on("data", (bytes: Buffer) => receive(new Uint8Array(bytes)));
    return accepted;
  }
  owner._handle = null;
  accepted.destroy();
  const options: SocketConstructorOpts & { handle: object } = { handle, onread: onread(receive) };
  const socket = new Socket(options);
  socket.pause();
  readRaw(socket, (length) => receive(beginning(length)));
  return socket;
}

function onread(receive: Receive): NonNullable<SocketConstructorOpts["onread"]> {
  return {
    buffer: shared,
    callback: (length) => {
      receive(beginning(length));
      return true;
    },
  };
}
