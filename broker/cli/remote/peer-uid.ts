/** Whose program it is that has connected to a port of ours on this machine, where the system says. */
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { endianness } from "node:os";

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
/** As Linux writes it. */
const ESTABLISHED = "01";
/** It has said its last (FIN-WAIT-1 and -2), and its program may still hear. */
const HALF_CLOSED: readonly (string | undefined)[] = ["04", "05"];
/** What no program holds any more is shown as the system's own, and without a file. */
const NO_FILE = "0";
/** What stands before an address of IPv4 where the program speaks IPv6. */
const MAPPED = "0000000000000000FFFF0000";

/** Whether only programs of this account are let in; on other systems nobody can tell. */
export const TELLS_PEERS = process.platform === "linux";

/** One end of a connection, of IPv4. */
export interface End {
  readonly address: string;
  readonly port: number;
}

/**
 * Programs of this account, and of the system's own, may come: the latter could read our memory
 * anyway. Where it cannot be told on a system that tells, nobody may.
 */
export function isOwnProgram(socket: Socket): boolean {
  if (!TELLS_PEERS) return true;
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (!remoteAddress || !remotePort || !localAddress || !localPort) return false;
  const peer = { address: remoteAddress, port: remotePort };
  const uid = uidOf(peer, { address: localAddress, port: localPort }, readTables());
  return uid !== undefined && (uid === process.getuid?.() || uid === 0);
}

/**
 * Of a connection that stands: whoever sent something and closed at once is nobody we know.
 * @param tables as Linux shows its connections: the peer's end has ours as the remote one
 */
export function uidOf(peer: End, own: End, tables: readonly string[]): number | undefined {
  const [from, to] = [written(peer), written(own)];
  for (const table of tables) {
    for (const line of table.split("\n").slice(1)) {
      const [, local = "", remote = "", ...more] = line.trim().split(/\s+/);
      const [state, , , , uid = "", , file = NO_FILE] = more;
      const stands = state === ESTABLISHED || (HALF_CLOSED.includes(state) && file !== NO_FILE);
      if (!stands || !/^\d+$/.test(uid)) continue;
      if (unmapped(local) === from && unmapped(remote) === to) return Number(uid);
    }
  }
  return undefined;
}

/** The bytes of the address in the order in which this machine keeps a number, then the port. */
function written({ address, port }: End): string {
  const bytes = address.split(".").map((each) => hex(Number(each), 2));
  const ordered = endianness() === "LE" ? bytes.reverse() : bytes;
  return `${ordered.join("")}:${hex(port, 4)}`;
}

function unmapped(end: string): string {
  return end.startsWith(MAPPED) ? end.slice(MAPPED.length) : end;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

function readTables(): readonly string[] {
  return TABLES.map((file) => {
    try {
      return readFileSync(file, "latin1");
    } catch {
      return "";
    }
  });
}
