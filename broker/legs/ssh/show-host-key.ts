/** Which host key an asset shows. The handshake ends there: nobody signs in, nothing is asked. */
import { connect } from "node:net";
import { Client } from "ssh2";
import type { ShownIdentity } from "../../plant/shown-identity.ts";
import { shownHostKey } from "../read-identity.ts";
import { algorithms } from "./algorithms.ts";
import { gatherVersion } from "./gather-version.ts";

export interface HostKeyPlace {
  readonly address: string;
  readonly port: number;
  readonly legacyAlgorithms: boolean;
  readonly timeoutMs: number;
}

/** Rejects with words for the person. */
export function showHostKey(place: HostKeyPlace): Promise<ShownIdentity> {
  const { address, port, legacyAlgorithms, timeoutMs } = place;
  const { promise, resolve, reject } = Promise.withResolvers<ShownIdentity>();
  const client = new Client();
  const sock = connect({ host: address, port });
  gatherVersion(sock, "asset");
  const late = setTimeout(() => {
    reject(new Error("the asset did not answer in time"));
    sock.destroy();
  }, timeoutMs);
  client.on("error", (error) => reject(new Error(error.message)));
  client.on("close", () => reject(new Error("the asset closed the connection")));
  client.connect({
    sock,
    // Never sent: the key is refused before anybody signs in.
    username: "nobody",
    algorithms: algorithms(legacyAlgorithms),
    agentForward: false,
    readyTimeout: timeoutMs,
    hostVerifier: (key: Buffer) => {
      resolve(shownHostKey(key, `${address}:${port}`));
      return false;
    },
  });
  return promise.finally(() => {
    clearTimeout(late);
    client.end();
    sock.destroy();
  });
}
