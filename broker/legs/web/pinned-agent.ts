/**
 * Connections to one panel: to its pinned address and nowhere else, whatever a request says; with
 * TLS only to a trusted certificate, or one of the authority that the plant file names.
 */
import { Agent, type AgentOptions, type ClientRequest, type ClientRequestArgs } from "node:http";
import { isIP, connect as plainConnect } from "node:net";
import type { Duplex } from "node:stream";
import { type TLSSocket, connect as tlsConnect } from "node:tls";
import type { WebTls } from "../../plant/web-model.ts";
import { type CertificateTrust, certificateRefusal } from "../certificate-trust.ts";

export interface PinnedPlace extends CertificateTrust {
  /** Name of the panel, for the authority's certificate. */
  readonly host: string;
  readonly tls?: WebTls;
  readonly connectTimeoutMs: number;
}

/** A lane asks for one thing at a time; more idle connections than this help nobody. */
export const SOCKETS_FREE_MAX = 4;

type Done = (error: Error | null, socket: Duplex) => void;

function spoil(this: Duplex): void {
  this.destroy();
}

export class PinnedAgent extends Agent {
  private readonly place: PinnedPlace;

  constructor(place: PinnedPlace) {
    super({ keepAlive: true, maxFreeSockets: SOCKETS_FREE_MAX } satisfies AgentOptions);
    this.place = place;
  }

  override createConnection(_options: ClientRequestArgs, done?: Done): undefined {
    const { tls, connectTimeoutMs } = this.place;
    const socket = tls ? this.secure(tls) : this.plain();
    const late = setTimeout(() => {
      socket.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
    let told = false;
    const tell = (error: Error | null) => {
      clearTimeout(late);
      if (told) return;
      told = true;
      done?.(error, socket);
    };
    socket.once("error", (error) => tell(error));
    socket.once("close", () => tell(new Error("the connection was closed")));
    socket.once(tls ? "secureConnect" : "connect", () => {
      const isPinned = tls?.kind === "pinned";
      const reason = isPinned ? certificateRefusal(this.place, socket as TLSSocket) : undefined;
      if (reason === undefined) tell(null);
      else socket.destroy(new Error(reason));
    });
    return undefined;
  }

  /** What a panel says behind an answer must not be taken for the next one: the connection ends. */
  override keepSocketAlive(socket: Duplex): boolean {
    const kept = super.keepSocketAlive(socket) as unknown as boolean;
    if (kept) socket.on("data", spoil);
    return kept;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    socket.off("data", spoil);
    super.reuseSocket(socket, request);
  }

  private plain() {
    const { address: host, port } = this.place;
    return plainConnect({ host, port, noDelay: true });
  }

  private secure(tls: WebTls) {
    const { address, port, host } = this.place;
    const servername = isIP(host) === 0 ? host : undefined;
    return tlsConnect({
      ...{ host: address, port, minVersion: "TLSv1.2" },
      ...(servername !== undefined && { servername }),
      // A pinned certificate is compared below; an authority is verified as ever.
      rejectUnauthorized: tls.kind === "ca",
      ...(tls.kind === "ca" && { ca: tls.ca }),
    });
  }
}
