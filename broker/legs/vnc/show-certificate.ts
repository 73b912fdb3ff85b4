/** Which certificate a screen shows. The handshake ends there: no password is said. */
import { connect } from "node:net";
import { Handshake } from "../../../protocols/rfb/handshake.ts";
import type { ShownIdentity } from "../../plant/shown-identity.ts";
import { shownCertificate } from "../read-identity.ts";
import type { CertificatePlace } from "../web/show-certificate.ts";
import { beginTls } from "./screen-tls.ts";

/** Rejects with words for the person. */
export function showScreenCertificate(place: CertificatePlace): Promise<ShownIdentity> {
  const { address, port, host, timeoutMs } = place;
  const { promise, resolve, reject } = Promise.withResolvers<ShownIdentity>();
  const handshake = Handshake.withAsset({}, "x509");
  const socket = connect({ host: address, port });
  const late = setTimeout(() => reject(new Error("the asset did not answer in time")), timeoutMs);
  const fail = (error: Error) => reject(new Error(error.message));
  socket.once("error", fail);
  socket.once("close", () => reject(new Error("the asset closed the connection")));
  const read = (bytes: Buffer) => {
    const { send, state } = handshake.push(bytes);
    for (const each of send) socket.write(each);
    if (state.kind === "failed") reject(new Error(state.reason));
    if (state.kind !== "secure") return;
    socket.off("data", read);
    const tls = beginTls(socket, { kind: "pinned", certificates: [] }, host);
    tls.once("error", fail);
    tls.once("secureConnect", () => {
      const { raw } = tls.getPeerCertificate();
      if (raw) resolve(shownCertificate("tls-certificate", raw, `${address}:${port}`));
      else reject(new Error("the asset shows no certificate"));
    });
  };
  socket.on("data", read);
  return promise.finally(() => {
    clearTimeout(late);
    socket.destroy();
  });
}
