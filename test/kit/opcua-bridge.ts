/**
 * The two legs of OPC UA with nothing between them: what passes is what the legs make of it. For
 * what is the legs' own (transport, security, sessions); everything else is tested with a guard.
 * What else is a process of its own works in this one, at the other end of a wire in memory.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import { systemClock } from "../../broker/clock.ts";
import { EndpointLimiter } from "../../broker/legs/endpoint-limiter.ts";
import type { Leg } from "../../broker/legs/leg.ts";
import { NativeClients } from "../../broker/legs/opcua/apart/native-clients.ts";
import { ServedClients } from "../../broker/legs/opcua/apart/served-clients.ts";
import { jsonOf, KIND, Wire } from "../../broker/legs/opcua/apart/wire.ts";
import { OpcuaSessions } from "../../broker/legs/opcua/asset-session.ts";
import type { ClientAsking, OpcuaDoorways } from "../../broker/legs/opcua/client-asking.ts";
import { loadOpcuaIdentity, type OpcuaIdentity } from "../../broker/legs/opcua/identity.ts";
import { OpcuaAssetLeg } from "../../broker/legs/opcua/opcua-asset-leg.ts";
import { OpcuaConnection } from "../../broker/legs/opcua/opcua-connection.ts";
import { type ChannelSecurity, NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import { cutFrame, LEG } from "../../protocols/opcua/frame.ts";
import { OPCUA_LOGIN } from "../../simulators/assets/opcua-server.ts";
import { dials } from "./opcua-dial.ts";

export const TICKET = "a ticket";

export interface BridgeOptions {
  readonly folder: string;
  readonly assetPort: number;
  /** Thumbprints that are trusted. */
  readonly certificates: readonly string[];
  readonly assetSecurity?: ChannelSecurity;
  readonly responseTimeoutMs?: number;
  /** The asset cannot be had, and why: the session ends while the client is let in. */
  readonly away?: string;
}

export interface Bridge {
  readonly port: number;
  readonly identity: OpcuaIdentity;
  readonly asked: readonly ClientAsking[];
  /** In order: `ready`, `lost: …`, `asset closed: …`, `client closed: …`. */
  readonly heard: readonly string[];
  readonly open: number;
  /** Ends every session as a cut does. */
  cut(because: string): void;
  close(): Promise<void>;
}

export async function openBridge(options: BridgeOptions): Promise<Bridge> {
  const identity = await loadOpcuaIdentity(join(options.folder, "broker.pem"));
  const asked: ClientAsking[] = [];
  const heard: string[] = [];
  const clients = new Set<Leg>();
  const limiter = new EndpointLimiter(limitsOf(options), systemClock);
  const { native, served, part } = joinedBy(identity);
  const door: OpcuaDoorways = {
    plain: () => true,
    url: () => `opc.tcp://127.0.0.1:${port}`,
    signIn: async (asking) => {
      asked.push(asking);
      if (asking.password !== TICKET) return undefined;
      return {
        attach: async (client) => {
          clients.add(client);
          if (options.away) return client.close(options.away);
          const sessions = new OpcuaSessions({ ...targetOf(options), identity });
          joined(
            client,
            new OpcuaAssetLeg(new OpcuaConnection(async () => sessions), limiter),
            heard,
          );
        },
      };
    },
  };
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    const { remoteAddress, remotePort } = socket;
    native.serve({ id: DOOR, door, socket, remoteAddress, remotePort, closed: () => undefined });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    ...{ port, identity, asked, heard },
    get open() {
      return served.size;
    },
    cut: (because) => {
      for (const client of clients) client.close(because);
    },
    close: async () => {
      native.closeDoor(DOOR);
      server.close();
      // Its clients are told, and hang up, or are gone soon.
      const ends = () => served.size === 0;
      for (let tries = 0; tries < 100 && !ends(); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      native.gone("the test is over");
      part();
    },
  };
}

const DOOR = 1;

/** The broker's side of native clients, and that of the OPC UA process. */
function joinedBy(identity: OpcuaIdentity) {
  const [one, other] = duplexPair();
  let last = DOOR;
  const next = () => {
    last += 1;
    return last;
  };
  const wire: Wire = new Wire(
    one,
    (message) => native.heard(message),
    (method, args) => native.answer(method, args),
    () => undefined,
  );
  const far: Wire = new Wire(
    other,
    ({ kind, id, body }) => {
      if (kind === KIND.message) served.message(id, body);
      else if (kind === KIND.chunk) served.chunk(id, body);
      else if (kind === KIND.word) served.word(id, jsonOf(body) as never);
    },
    () => undefined,
    () => undefined,
  );
  const native = new NativeClients(wire, next);
  const served = new ServedClients(far, identity);
  const part = () => {
    wire.close();
    far.close();
  };
  return { native, served, part };
}

function limitsOf({ responseTimeoutMs = 5_000 }: BridgeOptions) {
  const limits = { connectionsMax: 16, requestsPerSecond: 10_000, inFlightMax: 16, queueMax: 256 };
  return { ...limits, connectTimeoutMs: 3_000, responseTimeoutMs };
}

function targetOf({ assetPort: port, certificates, assetSecurity }: BridgeOptions) {
  const { user, password } = OPCUA_LOGIN;
  return {
    ...{ name: "works/opcua", address: "127.0.0.1", port, path: "", certificates },
    ...{ security: assetSecurity ?? SECURE[0] ?? NO_SECURITY, connectTimeoutMs: 3_000 },
    dial: dials(port),
    credential: async () => ({ kind: "password", user, password }) as const,
  };
}

/** What a guard does at the least: it waits for the namespaces, then lets everything pass. */
function joined(client: Leg, asset: Leg, heard: string[]): void {
  let early: Uint8Array[] | undefined = [];
  const nothing = { withheld: () => undefined, drained: () => undefined };
  asset.start({
    ...nothing,
    bytes: (bytes) => {
      const cut = cutFrame(bytes);
      if (cut.kind !== "frame" || cut.frame.typeId !== LEG.namespaces) return client.write(bytes);
      heard.push("ready");
      for (const each of early ?? []) asset.write(each);
      early = undefined;
    },
    lost: (_request, cause) => heard.push(`lost: ${cause}`),
    closed: (reason) => {
      heard.push(`asset closed: ${reason}`);
      client.close(reason);
    },
  });
  client.start({
    ...nothing,
    bytes: (bytes) => {
      const own = Uint8Array.from(bytes);
      if (early) early.push(own);
      else asset.write(own);
    },
    lost: () => undefined,
    closed: (reason) => {
      heard.push(`client closed: ${reason}`);
      asset.close();
    },
  });
}
