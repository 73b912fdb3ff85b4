/**
 * The door for workloads with certificates: TLS with a certificate from the other side, and one
 * thing to ask for. It is a port of its own, since a browser that is asked for a certificate asks
 * its person, who has none.
 */
import { constants } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Clock } from "../../clock.ts";
import { AddressPlaces, boundPlaces } from "../../legs/address-places.ts";
import type { Logger } from "../../log.ts";
import { newId } from "../../store/ids.ts";
import type { ServedCertificate } from "../../tls/served-certificate.ts";
import type { Workloads } from "../../workloads/workloads.ts";
import { CHAIN_MAX } from "../../workloads/x509-svid.ts";
import { type ApiRefused, brokerFault, refusalOf } from "../problem.ts";
import { svidProofSchema, WORKLOAD_TOKEN_PATH } from "../shapes/workloads.ts";
import { answerOf, refusedFor } from "./prove-workload.ts";

export interface SvidDoorParts {
  readonly listen: string;
  readonly port: number;
  readonly certificate: ServedCertificate;
  readonly workloads: Workloads;
  /** By which this machine is known. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** The part of a connection over TLS that is looked at. */
interface Handshake {
  readonly authorized: boolean;
  readonly authorizationError: unknown;
  isSessionReused(): boolean;
  getPeerCertificate(detailed: true): ShownCertificate;
}

/** With the one that made it; a root with itself. Nothing in it where none was shown. */
interface ShownCertificate {
  readonly raw?: Uint8Array;
  readonly issuerCertificate?: ShownCertificate;
}

/** A request is some lines and a proof. */
const HEADER_BYTES_MAX = 8_192;
const BODY_BYTES_MAX = 1_024;
const CONNECTIONS_MAX = 128;
/** However many one address opens, most remain. */
export const SVID_CONNECTIONS_PER_ADDRESS_MAX = CONNECTIONS_MAX / 4;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;

export class SvidDoor {
  private readonly parts: SvidDoorParts;
  private readonly server: Server;
  private readonly stops: readonly (() => void)[];

  private constructor(parts: SvidDoorParts) {
    this.parts = parts;
    this.server = createServer(
      {
        ...this.terms(),
        ...{ requestCert: true, rejectUnauthorized: false },
        ...{ maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: HEADERS_TIMEOUT_MS },
        ...{ requestTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
      },
      (request, response) => void this.answer(request, response),
    );
    this.server.maxConnections = CONNECTIONS_MAX;
    const places = new AddressPlaces(SVID_CONNECTIONS_PER_ADDRESS_MAX);
    this.server.on("connection", (socket: Socket) => boundPlaces(places, socket));
    this.server.maxRequestsPerSocket = 1;
    const again = () => this.server.setSecureContext(this.terms());
    this.stops = [parts.workloads.onChanged(again), parts.certificate.onChange(again)];
  }

  /** Rejects where the port cannot be had. */
  static async open(parts: SvidDoorParts): Promise<SvidDoor> {
    const door = new SvidDoor(parts);
    const { listen: host, port } = parts;
    await new Promise<void>((resolve, reject) => {
      door.server.once("error", reject);
      door.server.listen({ host, port }, resolve);
    });
    return door;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.server.close();
    this.server.closeAllConnections();
  }

  /** Nobody resumes a handshake: each is held to what is trusted then. */
  private terms() {
    const { certificate, workloads } = this.parts;
    const ca = workloads.current().domains.flatMap(({ bundle }) => bundle.anchors);
    return {
      ...certificate.options(),
      ca: ca.map((each) => each.toString()),
      allowPartialTrustChain: true,
      secureOptions: constants.SSL_OP_NO_TICKET,
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: unknown) => {
      const text = JSON.stringify(body);
      response.writeHead(status, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
        "cache-control": "no-store",
        connection: "close",
      });
      response.end(text);
    };
    try {
      if (request.method !== "POST" || request.url !== WORKLOAD_TOKEN_PATH) {
        send(404, { code: "not-found", message: "There is nothing here." });
      } else send(200, await this.prove(request));
    } catch (error) {
      const { status, problem } = refusalOf(error) ?? this.fault(error);
      if (!response.headersSent) send(status, problem);
    }
  }

  private fault(error: unknown): ApiRefused {
    const request = newId();
    this.parts.log.error({ request, error }, "a workload's certificate could not be judged");
    return brokerFault(request);
  }

  private async prove(request: IncomingMessage) {
    const { workloads, clock } = this.parts;
    const asked = svidProofSchema.safeParse(await bodyOf(request));
    if (!asked.success) throw refusedFor("refused");
    const { tool } = asked.data;
    const keyed = this.keyedOf(request);
    const chain = this.chainOf(request.socket as unknown as Handshake, keyed?.address ?? "");
    if (!keyed || !chain) throw refusedFor("refused");
    return answerOf(workloads, await workloads.bySvid(chain, { keyed, tool }), clock);
  }

  private keyedOf({ headers, socket }: IncomingMessage) {
    const { dpop: proof, host = "" } = headers;
    const [name = ""] = host.split(":");
    if (typeof proof !== "string" || !this.parts.hosts.includes(name)) return undefined;
    const url = `https://${host}${WORKLOAD_TOKEN_PATH}`;
    return { proof, method: "POST", url, address: socket.remoteAddress ?? "" };
  }

  /** Undefined where the handshake was not good enough. */
  private chainOf(socket: Handshake, address: string): readonly Uint8Array[] | undefined {
    const shown = socket.getPeerCertificate(true);
    if (!shown.raw || socket.isSessionReused()) {
      this.parts.workloads.refusedHandshake(address, "it showed no certificate");
      return undefined;
    }
    if (!socket.authorized) {
      const why = String(socket.authorizationError);
      this.parts.workloads.refusedHandshake(address, `its certificate is refused (${why})`);
      return undefined;
    }
    return ders(shown);
  }
}

function ders(shown: ShownCertificate): readonly Uint8Array[] {
  const all: Uint8Array[] = [];
  let at: ShownCertificate | undefined = shown;
  while (at?.raw && all.length < CHAIN_MAX) {
    all.push(at.raw);
    const { issuerCertificate: next }: ShownCertificate = at;
    at = next === at ? undefined : next;
  }
  return all;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > BODY_BYTES_MAX) throw refusedFor("refused");
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
  } catch {
    throw refusedFor("refused");
  }
}
