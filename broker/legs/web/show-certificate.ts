/** Which certificate a panel shows. The handshake ends there: nothing is asked of it. */
import { isIP } from "node:net";
import { connect } from "node:tls";
import type { ShownIdentity } from "../../plant/shown-identity.ts";
import { shownCertificate } from "../read-identity.ts";

export interface CertificatePlace {
  readonly address: string;
  readonly port: number;
  /** Its name, which decides the certificate where several live behind one address. */
  readonly host: string;
  readonly timeoutMs: number;
}

/** Rejects with words for the person. */
export function showCertificate(place: CertificatePlace): Promise<ShownIdentity> {
  const { address, port, host, timeoutMs } = place;
  const { promise, resolve, reject } = Promise.withResolvers<ShownIdentity>();
  const socket = connect({
    ...{ host: address, port, minVersion: "TLSv1.2", rejectUnauthorized: false },
    ...(isIP(host) === 0 && { servername: host }),
  });
  const late = setTimeout(() => reject(new Error("the asset did not answer in time")), timeoutMs);
  socket.once("error", (error) => reject(new Error(error.message)));
  socket.once("close", () => reject(new Error("the asset closed the connection")));
  socket.once("secureConnect", () => {
    const { raw } = socket.getPeerCertificate();
    if (raw) resolve(shownCertificate("tls-certificate", raw, `${address}:${port}`));
    else reject(new Error("the asset shows no certificate"));
  });
  return promise.finally(() => {
    clearTimeout(late);
    socket.destroy();
  });
}
