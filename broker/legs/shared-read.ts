/**
 * Sockets that read into one buffer shared by all of them. Reading is synchronous to the end of
 * the callback, so one buffer is enough, and an idle session holds none.
 */
import { connect as connectSocket, Socket, type SocketConstructorOpts } from "node:net";
import { type Receiver, rawReader } from "./raw-read.ts";

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

const readRaw = rawReader(beginning);

/** An outgoing connection to an address that was resolved and checked before. */
export function connectShared(
  host: string,
  port: number,
  receiverOf: (socket: Socket) => Receiver,
): Socket {
  const late: Late = {};
  const read = onread(late);
  const socket = connectSocket({ host, port, noDelay: true, keepAlive: true, onread: read });
  const receiver = receiverOf(socket);
  late.receiver = receiver;
  socket.once("connect", () => readRaw(socket, receiver));
  return socket;
}

/**
 * The same for a socket from a server that was made with `pauseOnConnect`. Servers offer no
 * `onread`, so the handle moves to a socket that has it; where Node keeps it elsewhere one day,
 * the ordinary road is taken, which is slower and otherwise alike.
 */
export function adoptAccepted<R extends Receiver>(
  accepted: Socket,
  receiverOf: (socket: Socket) => R,
  allowHalfOpen = false,
): R {
  const owner = accepted as Socket & { _handle?: object | null };
  const handle = owner._handle;
  if (!handle) {
    const receiver = receiverOf(accepted);
    accepted.on("data", (bytes: Buffer) => receiver.received(new Uint8Array(bytes)));
    return receiver;
  }
  owner._handle = null;
  accepted.destroy();
  const late: Late = {};
  const options = { handle, onread: onread(late), allowHalfOpen };
  const socket = new Socket(options as SocketConstructorOpts);
  socket.pause();
  const receiver = receiverOf(socket);
  late.receiver = receiver;
  readRaw(socket, receiver);
  return receiver;
}

/** A socket needs its buffer before there can be a receiver of it; nothing is read until then. */
interface Late {
  receiver?: Receiver;
}

function onread(late: Late): NonNullable<SocketConstructorOpts["onread"]> {
  return {
    buffer: shared,
    callback: (length) => {
      late.receiver?.received(beginning(length));
      return true;
    },
  };
}
