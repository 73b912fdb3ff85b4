/** A TCP or TLS connection to one address that was decided on before. */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, getCACertificates } from "node:tls";

export interface StreamSecurity {
  /** PEM; in place of the system's roots. */
  readonly ca?: string;
  /** PEM, for receivers that ask who comes. */
  readonly certificate?: string;
  readonly key?: string;
}

export interface StreamPlace {
  readonly address: string;
  /** For the certificate; the name as it was configured. */
  readonly host: string;
  readonly port: number;
  /** Plain TCP where it is left out. */
  readonly security?: StreamSecurity;
}

/** Over connecting and the handshake. */
const CONNECT_WITHIN_MS = 10_000;

let roots: string[] | undefined;

/** What the machine trusts, besides what this Node.js trusts. */
export function systemRoots(): string[] {
  roots ??= [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
  return roots;
}

/** Half-open: what the peer says after we have ended is still heard. Rejects with the reason. */
export function openStream(place: StreamPlace): Promise<Socket> {
  const { address, port, host, security } = place;
  const base = { host: address, port, allowHalfOpen: true };
  const socket = security
    ? connectTls({
        ...base,
        ca: security.ca ?? systemRoots(),
        ...(security.certificate && { cert: security.certificate }),
        ...(security.key && { key: security.key }),
        ...(isIP(host) === 0 ? { servername: host } : {}),
        minVersion: "TLSv1.2",
        rejectUnauthorized: true,
      })
    : connectTcp(base);
  const ready = security ? "secureConnect" : "connect";
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => socket.destroy(new Error(`${host} does not answer`)),
      CONNECT_WITHIN_MS,
    );
    const failed = (error?: Error): void => {
      clearTimeout(late);
      reject(error ?? new Error(`${host} closed the connection`));
    };
    const closed = (): void => failed();
    socket.once("error", failed);
    socket.once("close", closed);
    socket.once(ready, () => {
      clearTimeout(late);
      socket.off("error", failed);
      socket.off("close", closed);
      resolve(socket);
    });
  });
}
