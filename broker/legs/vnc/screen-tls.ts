/**
 * TLS towards a screen, as VeNCrypt begins it in the middle of a connection. The kinds without a
 * certificate agree on a key by anonymous Diffie-Hellman, which TLS 1.3 does not have.
 */
import type { Socket } from "node:net";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type { ScreenSecurity } from "../../../protocols/rfb/handshake.ts";
import type { ScreenTls } from "../../plant/model.ts";

/** Without a certificate nothing stronger is there: the plant file asks for it by name. */
const ANONYMOUS = { ciphers: "aNULL:!eNULL:@SECLEVEL=0", maxVersion: "TLSv1.2" } as const;

export function screenSecurity(tls: ScreenTls | undefined): ScreenSecurity {
  if (!tls) return "open";
  return tls.kind === "anonymous" ? "anonymous" : "x509";
}

/** @param host its name, for the authority's certificate */
export function beginTls(socket: Socket, tls: ScreenTls, host: string): TLSSocket {
  const isName = isIP(host) === 0;
  return connect({
    ...{ socket, host, minVersion: "TLSv1.2" },
    ...(isName && { servername: host }),
    ...(tls.kind === "anonymous" && ANONYMOUS),
    // A pinned certificate is compared by whoever asked; an authority is verified as ever.
    rejectUnauthorized: tls.kind === "ca",
    ...(tls.kind === "ca" && { ca: tls.ca }),
  });
}
