/**
 * A test instrument: the real session host, guard, policy and tape between a loopback listener
 * and one endpoint, under one test grant.
 *
 *     npm run -s conduit -- --plant FILE --endpoint ASSET/ENDPOINT --profile NAME
 *                           --listen PORT --recordings DIR [--session-per-connection]
 *
 * There is no sign-in here: it is no part of the product, nothing in the product imports it, and
 * it listens on loopback only.
 */

import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import path from "node:path";
import { parseArgs } from "node:util";
import { mintPermit } from "../../broker/access/permits.ts";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { Clamd } from "../../broker/legs/clamd.ts";
import type { Leg } from "../../broker/legs/leg.ts";
import { OpcuaProcess } from "../../broker/legs/opcua/apart/opcua-process.ts";
import { keptIdentity } from "../../broker/legs/opcua/kept-identity.ts";
import { writeDirectly } from "../../broker/legs/socket-output.ts";
import { acceptedLeg, halfClosingLeg } from "../../broker/legs/tcp-leg.ts";
import { VncClientLeg } from "../../broker/legs/vnc/vnc-client-leg.ts";
import { countMemoryOutside } from "../../broker/memory-outside.ts";
import type { Endpoint } from "../../broker/plant/model.ts";
import type { LiveSession } from "../../broker/sessions/session.ts";
import { createSessionHost } from "../../broker/sessions/session-host.ts";
import { listenOpcua } from "./conduit-opcua.ts";
import { credentialFrom, listenSsh } from "./conduit-ssh.ts";
import { listenWeb } from "./conduit-web.ts";
import { TEST_KEYS } from "./evidence-keys.ts";
import { plantClaims } from "./plant-claims.ts";

const BUILD = "conduit";

interface Settings {
  readonly plant: string;
  readonly asset: string;
  readonly endpoint: string;
  readonly profile: string;
  readonly port: number;
  readonly recordings: string;
  readonly sessionPerConnection: boolean;
}

const HELP = `A test instrument: the real session loop, guard, policy and tape between a loopback
listener and one endpoint, under one test grant. It is no part of the product.

  npm run -s conduit -- --plant FILE --endpoint ASSET/ENDPOINT --profile NAME
                        --recordings DIR [--listen PORT] [--session-per-connection]

Without --listen a free port is taken; it is said once the conduit listens. Ctrl-C ends it.
`;

async function main(): Promise<void> {
  if (process.argv.includes("--help")) {
    process.stdout.write(HELP);
    return;
  }
  countMemoryOutside();
  const settings = readSettings();
  writeDirectly(process.env.SALLYPORT_PUBLIC_SOCKETS !== "1");
  const { plant: file, asset, endpoint: endpointId, profile } = settings;
  const claims = plantClaims({
    ...{ text: readFileSync(file, "utf8"), file, endpoint: `${asset}/${endpointId}`, profile },
  });
  const keys = generateKeyPairSync("ed25519");
  const evidence = await openEvidence({
    directory: settings.recordings,
    keys: TEST_KEYS,
    build: BUILD,
    clock: systemClock,
  });
  // Beside the recordings, where the one who started it looks after it.
  const opcuaFile = path.resolve(settings.recordings, "../conduit-opcua.pem");
  const opcua = new OpcuaProcess(opcuaFile, keptIdentity(opcuaFile), {
    failed: (why) => process.stderr.write(`the OPC UA process failed: ${why}\n`),
  });
  const host = createSessionHost({
    recorder: evidence.recorder,
    permitKey: keys.publicKey,
    clock: systemClock,
    build: BUILD,
    credentials: { of: async () => credentialFrom(process.env) },
    opcua,
    scanner: process.env.CONDUIT_CLAMD ? new Clamd(process.env.CONDUIT_CLAMD) : undefined,
    hooks: { onAlarm: (session, text) => process.stderr.write(`${session}: ${text}\n`) },
  });
  const open = () => host.open(mintPermit(claims(), keys.privateKey));
  const perConnection = settings.sessionPerConnection;
  const sessionFor = sessionsFor(open, perConnection);
  const { endpoint } = claims();
  const server =
    endpoint.protocol === "ssh"
      ? listenSsh(sessionFor, perConnection)
      : endpoint.protocol === "opcua"
        ? listenOpcua(sessionFor, opcua)
        : endpoint.protocol === "web"
          ? listenWeb(sessionFor)
          : listen(sessionFor, perConnection, wireOf(endpoint));
  server.listen({ port: settings.port, host: "127.0.0.1", backlog: 4096 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening on 127.0.0.1:${port}\n`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  server.close();
  await host.shutdown();
  await opcua.close();
  await evidence.close();
}

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      plant: { type: "string" },
      endpoint: { type: "string" },
      profile: { type: "string" },
      listen: { type: "string", default: "0" },
      recordings: { type: "string" },
      "session-per-connection": { type: "boolean", default: false },
    },
  });
  const { plant, profile, recordings } = values;
  const [asset, endpoint] = (values.endpoint ?? "").split("/");
  const port = Number(values.listen);
  const isPort = Number.isInteger(port) && port >= 0 && port <= 65_535;
  if (!plant || !profile || !recordings || !asset || !endpoint || !isPort) {
    throw new Error("--plant, --endpoint ASSET/ENDPOINT, --profile and --recordings are needed");
  }
  const sessionPerConnection = values["session-per-connection"];
  return { plant, asset, endpoint, profile, port, recordings, sessionPerConnection };
}

/** One session for all connections (opened anew once it ended), or one each. */
function sessionsFor(open: () => Promise<LiveSession>, each: boolean) {
  let common: Promise<LiveSession> | undefined;
  const openCommon = async (): Promise<LiveSession> => {
    const session = await open();
    void session.closed.then(() => {
      common = undefined;
    });
    return session;
  };
  return (): Promise<LiveSession> => {
    if (each) return open();
    common ??= openCommon();
    common.catch(() => {
      common = undefined;
    });
    return common;
  };
}

/** What a client of this protocol says on its connection, from where the guard begins. */
function wireOf({ protocol }: Endpoint): (socket: Socket) => Leg {
  if (protocol === "tcp") return halfClosingLeg;
  if (protocol !== "vnc") return acceptedLeg;
  return (socket) => new VncClientLeg(acceptedLeg(socket));
}

/** Each connection is a channel. */
function listen(
  sessionFor: () => Promise<LiveSession>,
  each: boolean,
  legOf: (socket: Socket) => Leg,
) {
  const accept = async (socket: Socket): Promise<void> => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    const leg = legOf(socket);
    try {
      const session = await sessionFor();
      const { ended } = await session.attach(leg, peer);
      if (!each) return;
      const cause = await ended;
      session.end(cause);
      process.stderr.write(`${peer} has ended: ${cause.rule}: ${cause.reason}\n`);
    } catch (error) {
      leg.close();
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    }
  };
  const options = { noDelay: true, pauseOnConnect: true, allowHalfOpen: true };
  return createServer(options, (socket) => void accept(socket));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
