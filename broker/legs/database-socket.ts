/**
 * The way to the broker's own database. Like the second dialer it goes to the one place that was
 * configured, resolves its name once a connection, and never into the plant.
 */
import { Socket } from "node:net";
import { type PlantRanges, pinnedAddress } from "./pinned-address.ts";

export interface DatabaseAddress {
  /** Name or address; or the absolute path of the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
}

/**
 * @returns a socket that is not open yet; whatever its `connect` is told, it leads there alone
 * @throws DestinationRefused
 */
export async function databaseSocket(
  ranges: PlantRanges,
  { host, port }: DatabaseAddress,
): Promise<Socket> {
  const target = host.startsWith("/")
    ? { path: `${host}/.s.PGSQL.${port}` }
    : { host: await pinnedAddress(ranges, { host, port }), port };
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  return Object.assign(socket, { connect: () => connect(target) });
}
