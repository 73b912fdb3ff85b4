/** Whose program it is that has connected to a port of ours on this machine, where the system says. */
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];

/** Whether only programs of this account are let in; on other systems nobody can tell. */
export const TELLS_PEERS = process.platform === "linux";

/**
 * Programs of this account, and of the system's own, may come: the latter could read our memory
 * anyway. Where it cannot be told on a system that tells, nobody may.
 */
export function isOwnProgram(socket: Socket): boolean {
  if (!TELLS_PEERS) return true;
  const uid = uidOf(socket.remotePort ?? 0, socket.localPort ?? 0, readTables());
  return uid !== undefined && (uid === process.getuid?.() || uid === 0);
}

/** @param tables as Linux shows its connections: the peer's end has our port as the remote one */
export function uidOf(
  peerPort: number,
  ownPort: number,
  tables: readonly string[],
): number | undefined {
  for (const table of tables) {
    for (const line of table.split("\n").slice(1)) {
      const [, local = "", remote = "", , , , , uid = ""] = line.trim().split(/\s+/);
      if (portOf(local) === peerPort && portOf(remote) === ownPort) return Number(uid);
    }
  }
  return undefined;
}

function portOf(address: string): number {
  return Number.parseInt(address.split(":")[1] ?? "", 16);
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
