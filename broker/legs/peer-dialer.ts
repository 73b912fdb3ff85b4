/**
 * How a broker that waits reaches the active one: at the one address that this has published, never
 * in the plant, and by the one certificate that it has published with it.
 */
import { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { type PlantRanges, pinnedAddress } from "./pinned-address.ts";

/** One connection between two brokers. */
export type PeerSocket = TLSSocket;

export interface PeerPlace {
  readonly host: string;
  readonly port: number;
  /** PEM: what is shown must be this very one. */
  readonly certificate: string;
}

/** Over connecting and the handshake: both are in one site. */
const CONNECT_WITHIN_MS = 3_000;
/** A machine that is gone is noticed on a connection over which nothing goes. */
const KEEP_ALIVE_MS = 5_000;

/** Rejects with what went wrong; `DestinationRefused` where it must not be gone to. */
export async function dialPeer(
  ranges: PlantRanges,
  { host, port, certificate }: PeerPlace,
): Promise<PeerSocket> {
  const address = await pinnedAddress(ranges, { host, port });
  const base = { host: address, port, allowHalfOpen: true };
  const socket = connect({
    ...{ ...base, ca: certificate, minVersion: "TLSv1.3" as const },
    // What it shows is compared whole, below; the name in it says nothing.
    checkServerIdentity: () => undefined,
  });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return new Promise((resolve, reject) => {
    const failed = (error?: Error): void => {
      clearTimeout(late);
      socket.destroy();
      reject(error ?? new Error(`${host}:${port} closed the connection`));
    };
    const closed = (): void => failed();
    const late = setTimeout(
      () => failed(new Error(`${host}:${port} does not answer`)),
      CONNECT_WITHIN_MS,
    );
    socket.on("error", failed);
    socket.once("close", closed);
    socket.once("secureConnect", () => {
      if (!isShown(socket, certificate)) {
        return failed(new Error(`what answers at ${host}:${port} is not the active broker`));
      }
      clearTimeout(late);
      socket.off("close", closed);
      resolve(socket);
    });
  });
}

function isShown(socket: TLSSocket, certificate: string): boolean {
  const published = new X509Certificate(certificate);
  return socket.getPeerX509Certificate()?.raw.equals(published.raw) ?? false;
}
