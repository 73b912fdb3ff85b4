/**
 * What makes a connection of ssh2 quick, on either side. It reaches into ssh2, whose version is
 * pinned; where ssh2 keeps these things elsewhere, everything works as it did, only slower.
 */
import { createSecretKey, type KeyObject } from "node:crypto";
import type { Socket } from "node:net";
import { type PacketProtocol, quickenData, quickenGcm } from "./gcm-packets.ts";

interface Inside {
  readonly _protocol: Record<string, unknown> & PacketProtocol;
  readonly _sock: Socket;
}

/** @param connection a `Connection` of the server, or a `Client` that was told to connect */
export function quicken(connection: object): void {
  const { _protocol: protocol, _sock: socket } = connection as Inside;
  // What is typed is small, and its echo would wait for an acknowledgement.
  if (!socket.connecting) socket.setNoDelay(true);
  else socket.once("connect", () => socket.setNoDelay(true));
  writeOnce(socket);
  for (const name of ["_cipher", "_decipher"]) keepKeys(protocol, name);
  quickenData(protocol);
}

/**
 * A packet is written in three pieces: its length, its body and its code. Each would be a system
 * call and a segment of its own, for which the peer wakes; so what one turn writes leaves at its
 * end, in one call.
 */
function writeOnce(socket: Socket): void {
  let corked = false;
  const { write } = socket;
  const release = () => {
    corked = false;
    socket.uncork();
  };
  socket.write = function gathered(this: Socket, ...args: Parameters<Socket["write"]>) {
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(release);
    }
    return write.apply(this, args);
  } as Socket["write"];
}

/** Where ciphers and deciphers keep what they use again for every packet. */
const KEYS = [
  ...["_encKey", "_decipherKey", "_macKey"],
  ...["_encKeyMain", "_encKeyPktLen", "_decKeyMain", "_decKeyPktLen"],
];

/**
 * A cipher and a code are made for every packet from the bytes of their key, and reading a key is
 * most of what a small packet costs: it is read once. Ciphers are made anew at each exchange.
 */
function keepKeys(protocol: Record<string, unknown>, name: string): void {
  let present = protocol[name];
  Object.defineProperty(protocol, name, {
    configurable: true,
    enumerable: true,
    get: () => present,
    set: (cipher: unknown) => {
      present = cipher;
      if (typeof cipher !== "object" || cipher === null) return;
      readKeys(cipher);
      quickenGcm(cipher);
    },
  });
}

function readKeys(cipher: object): void {
  const kept = cipher as Record<string, Buffer | KeyObject | undefined>;
  for (const name of KEYS) {
    const key = kept[name];
    if (Buffer.isBuffer(key)) kept[name] = createSecretKey(key);
  }
}
