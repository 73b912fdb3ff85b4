/**
 * How the connections of a native tool, as `sallyport connect` carries them, become channels of
 * its session. What a protocol secures by itself ends here: the tool is known by the session that
 * its command has opened, and goes nowhere else.
 */
import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import type { Leg } from "../../legs/leg.ts";
import type { OpcuaProcess } from "../../legs/opcua/apart/opcua-process.ts";
import { VncClientLeg } from "../../legs/vnc/vnc-client-leg.ts";
import { WebSocketLeg } from "../../legs/web-socket-leg.ts";
import { socketOver, type ToolAddress } from "../../legs/web-socket-stream.ts";
import type { Protocol } from "../../plant/model.ts";
import type { LiveSession } from "../../sessions/session.ts";
import type { SshHostKey } from "../ssh-host-key.ts";
import { ToolHand } from "./tool-hand.ts";

/** What the person must know to point their tool at it. */
export interface ToolFacts {
  readonly protocol: string;
  readonly units?: readonly number[];
  readonly hostKey?: string;
  readonly thumbprint?: string;
  readonly ticket?: string;
}

export interface ToolRoad {
  readonly tool: ToolFacts;
  /** @param halfCloses its command tells the end of what the tool says, and is told of the asset's */
  serve(socket: WebSocket, from: ToolAddress, halfCloses?: boolean): void;
  close(): void;
}

export interface ToolRoadParts {
  readonly session: LiveSession;
  /** For the tape: who brings the tool's bytes. */
  readonly peer: string;
  readonly hostKey: () => SshHostKey;
  readonly opcua: OpcuaProcess;
  /** Somebody did something. */
  input(): void;
  /** A connection of the tool could not be opened, or is over. */
  told(reason: string): void;
}

/** Web panels have an origin of their own in the browser, and no other way. */
export function speaksNative(protocol: Protocol): boolean {
  return protocol !== "web";
}

/** @throws where `speaksNative` says that no tool comes this way */
export async function openToolRoad(parts: ToolRoadParts): Promise<ToolRoad> {
  const { protocol } = parts.session.claims.endpoint;
  switch (protocol) {
    case "modbus":
    case "tcp":
      return plainRoad(parts, (socket, halfCloses) => new WebSocketLeg(socket, halfCloses));
    case "vnc":
      return plainRoad(parts, viewerLeg);
    case "ssh":
      return sshRoad(parts);
    case "opcua":
      return opcuaRoad(parts);
    default:
      throw new Error(`no native tool speaks ${protocol} here`);
  }
}

function viewerLeg(socket: WebSocket): Leg {
  const hand = new ToolHand(socket);
  return new VncClientLeg(new WebSocketLeg(socket), (bytes) => hand.said(bytes));
}

/** The tool's own bytes are the guard's. */
function plainRoad(
  parts: ToolRoadParts,
  legOf: (socket: WebSocket, halfCloses: boolean) => Leg,
): ToolRoad {
  const { session, peer, told } = parts;
  const serve = async (socket: WebSocket, halfCloses: boolean): Promise<void> => {
    const leg = legOf(socket, halfCloses);
    try {
      const { ended } = await session.attach(leg, peer);
      const { rule, reason } = await ended;
      if (rule !== "client-closed") told(reason);
    } catch (error) {
      leg.close();
      told(messageOf(error));
    }
  };
  const { endpoint } = session.claims;
  const units = endpoint.protocol === "modbus" ? { units: endpoint.units } : {};
  const tool = { protocol: endpoint.protocol, ...units };
  return {
    tool,
    serve: (socket, _, halfCloses = false) => void serve(socket, halfCloses),
    close: () => undefined,
  };
}

async function sshRoad({ session, peer, hostKey, input }: ToolRoadParts): Promise<ToolRoad> {
  const { default: ssh2 } = await import("ssh2");
  const { algorithmsForClients } = await import("../../legs/ssh/algorithms.ts");
  const { gatherVersion } = await import("../../legs/ssh/gather-version.ts");
  const { preferGcm } = await import("../../legs/ssh/prefer-gcm.ts");
  const { quicken } = await import("../../legs/ssh/quick-connection.ts");
  const { serveChannels } = await import("../../legs/ssh/ssh-client.ts");
  const { privateKey, publicKey } = hostKey();
  const algorithms = algorithmsForClients();
  const options = { hostKeys: [privateKey], ident: "Sallyport", algorithms };
  const open = new Set<{ end(): unknown }>();
  return {
    tool: { protocol: "ssh", hostKey: publicKey },
    serve: (socket, from) => {
      const server = new ssh2.Server(options, (connection) => {
        open.add(connection);
        quicken(connection);
        preferGcm(connection);
        connection.on("error", () => connection.end());
        connection.on("close", () => open.delete(connection));
        connection.on("authentication", (asks) => asks.accept());
        connection.on("ready", () =>
          serveChannels(connection, { attach: (leg) => session.attach(leg, peer), input }),
        );
      });
      const stream = socketOver(socket, from);
      gatherVersion(stream, "client");
      server.injectSocket(stream);
    },
    close: () => {
      for (const connection of open) connection.end();
    },
  };
}

/** 120 bits: it stands for the tool on a port that other programs of that machine may find. */
const TICKET_BYTES = 15;

async function opcuaRoad(parts: ToolRoadParts): Promise<ToolRoad> {
  const { session, opcua, input, peer } = parts;
  const { thumbprint } = await opcua.identity();
  const ticket = randomBytes(TICKET_BYTES).toString("base64url");
  const clients = opcua.clients({
    plain: () => true,
    url: () => "opc.tcp://127.0.0.1",
    signIn: async ({ password }) =>
      password === ticket ? { attach: (leg) => session.attach(leg, peer), input } : undefined,
  });
  return {
    tool: { protocol: "opcua", thumbprint, ticket },
    serve: (socket, from) => clients.serveStream(socketOver(socket, from)),
    close: () => clients.close(),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
