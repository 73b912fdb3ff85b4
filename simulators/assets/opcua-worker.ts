/**
 * The OPC UA server of the simulated works, in a thread of its own: its library takes seconds to
 * load, and the PLCs beside it must not stand still meanwhile.
 */
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import {
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  setErrorLogger,
  setWarningLogger,
} from "node-opcua";
import type { WaterPlant } from "../process/water-plant.ts";
import { keptCertificate } from "./opcua-certificate.ts";
import { PlantNodes, type Wishes } from "./opcua-nodes.ts";
import { PLANT_NAMESPACE } from "./opcua-points.ts";
import type { OpcuaWork } from "./opcua-server.ts";

const SERVER_URI = "urn:nordwasser:water-plant-server";
const POLICIES = [
  SecurityPolicy.None,
  SecurityPolicy.Basic256Sha256,
  SecurityPolicy.Aes128_Sha256_RsaOaep,
  SecurityPolicy.Aes256_Sha256_RsaPss,
];
const MODES = [
  MessageSecurityMode.None,
  MessageSecurityMode.Sign,
  MessageSecurityMode.SignAndEncrypt,
];
const SESSIONS_MAX = 100;

async function main(): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error("the OPC UA server is a thread of the simulated plant");
  const { folder, shownPort, login, plant } = workerData as OpcuaWork;
  // It prints whole requests; a simulator's output is for its addresses.
  setErrorLogger(() => undefined);
  setWarningLogger(() => undefined);
  const { certificateFile, privateKeyFile } = keptCertificate(folder, SERVER_URI);
  const managers = new OPCUACertificateManager({
    rootFolder: join(folder, "trust"),
    automaticallyAcceptUnknownCertificate: true,
  });
  const server = new OPCUAServer({
    ...{ certificateFile, privateKeyFile, serverCertificateManager: managers },
    userCertificateManager: managers,
    ...{ host: "127.0.0.1", port: 0, advertisedEndpoints: `opc.tcp://127.0.0.1:${shownPort}` },
    ...{ securityPolicies: POLICIES, securityModes: MODES, allowAnonymous: false },
    serverInfo: {
      applicationUri: SERVER_URI,
      productUri: PLANT_NAMESPACE,
      applicationName: { text: "Waterworks Nord", locale: "en" },
    },
    buildInfo: { productName: "Simulated waterworks", softwareVersion: "1" },
    serverCapabilities: { maxSessions: SESSIONS_MAX },
    userManager: {
      isValidUser: (user: string, password: string) =>
        user === login.user && password === login.password,
    },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  if (!space) throw new Error("the server has no address space");
  const own = space.registerNamespace(PLANT_NAMESPACE);
  const nodes = new PlantNodes(space, own, plant, (wishes: Wishes) => port.postMessage({ wishes }));
  port.on("message", (message: { readonly plant?: WaterPlant; readonly end?: true }) => {
    if (message.plant) nodes.show(message.plant);
    if (message.end) void server.shutdown(0).finally(() => process.exit(0));
  });
  await server.start();
  port.postMessage({ port: listeningPort(server) });
}

/** Where it listens behind the port that it advertises. */
function listeningPort(server: OPCUAServer): number {
  const port = server.endpoints[0]?.port ?? 0;
  if (port === 0) throw new Error("the OPC UA server listens nowhere");
  return port;
}

void main();
