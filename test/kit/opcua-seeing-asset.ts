/** A foreign OPC UA server that says which nodes each request of a service named. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  DataType,
  OPCUACertificateManager,
  OPCUAServer,
  StatusCodes,
  setErrorLogger,
  setWarningLogger,
} from "node-opcua";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { keptCertificate } from "../../simulators/assets/opcua-certificate.ts";

export const SEEN_URI = "urn:sallyport:seeing-asset";

/** Variables that can be read, written, monitored and have a history. */
const VARIABLES = ["Open", "Other", "Closed", "Held"];
const METHODS = ["Go", "Stop", "Wait"];
const FILES = ["Recipe", "Secret"];
/** FileType's own Open, by which it is told on which file it was called. */
const FILE_OPEN = "ns=0;i=11580";

export interface SeeingAsset {
  readonly port: number;
  /** SHA-256 of its certificate. */
  readonly certificate: string;
  /** By the request's name without `Request`: the nodes of each, in order of arrival. */
  readonly seen: Map<string, string[]>;
  /** What its variables hold. */
  value(name: string): number;
  close(): Promise<void>;
}

/** @param more tokenLifetimeMs: after which a client's channel must have been renewed */
export async function openSeeingAsset(
  folder: string,
  more: { readonly tokenLifetimeMs?: number } = {},
): Promise<SeeingAsset> {
  setErrorLogger(() => undefined);
  setWarningLogger(() => undefined);
  mkdirSync(folder, { recursive: true });
  const managers = new OPCUACertificateManager({
    rootFolder: join(folder, "trust"),
    automaticallyAcceptUnknownCertificate: true,
  });
  const server = new OPCUAServer({
    ...keptCertificate(folder, SEEN_URI),
    ...{ serverCertificateManager: managers, userCertificateManager: managers },
    ...{ host: "127.0.0.1", port: 0, serverInfo: { applicationUri: SEEN_URI } },
    userManager: { isValidUser: () => true },
    ...(more.tokenLifetimeMs && { defaultSecureTokenLifetime: more.tokenLifetimeMs }),
  });
  await server.initialize();
  const held = fill(server);
  const seen = new Map<string, string[]>();
  server.on("request", (request: object) => {
    const name = request.constructor.name.replace(/Request$/, "");
    const nodes = seen.get(name) ?? [];
    nodes.push(...nodesOf(request as Asked));
    seen.set(name, nodes);
  });
  await server.start();
  const pem = readFileSync(join(folder, "certificate.pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return {
    ...{ port: server.endpoints[0]?.port ?? 0, certificate: thumbprintOf(der), seen },
    value: held,
    close: () => server.shutdown(0),
  };
}

function fill(server: OPCUAServer): (name: string) => number {
  const space = server.engine.addressSpace;
  if (!space) throw new Error("no address space");
  const nodes = space.getOwnNamespace();
  const plant = nodes.addObject({
    ...{ browseName: "Plant", nodeId: "s=Plant", organizedBy: "ObjectsFolder" },
  });
  const variables = new Map(
    VARIABLES.map((name) => {
      const variable = nodes.addVariable({
        ...{ componentOf: plant, browseName: name, nodeId: `s=${name}`, dataType: "Double" },
        value: { dataType: DataType.Double, value: 7 },
      });
      space.installHistoricalDataNode(variable, { maxOnlineValues: 10 });
      return [name, variable];
    }),
  );
  for (const name of METHODS) {
    const method = nodes.addMethod(plant, { browseName: name, nodeId: `s=${name}` });
    method.bindMethod((_inputs, _context, done) =>
      done(null, { statusCode: StatusCodes.Good, outputArguments: [] }),
    );
  }
  const fileType = space.findObjectType("FileType");
  for (const name of FILES) {
    fileType?.instantiate({ browseName: name, nodeId: `s=${name}`, organizedBy: plant });
  }
  return (name) => Number(variables.get(name)?.readValue().value.value);
}

/** The parts of requests that name nodes. */
interface Asked {
  readonly nodesToRead?: readonly Node[];
  readonly nodesToWrite?: readonly Node[];
  readonly nodesToBrowse?: readonly Node[];
  readonly methodsToCall?: readonly { readonly objectId: unknown; readonly methodId: unknown }[];
  readonly browsePaths?: readonly { readonly startingNode: unknown }[];
  readonly itemsToCreate?: readonly { readonly itemToMonitor: Node }[];
  readonly historyUpdateDetails?: readonly Node[];
  readonly nodesToRegister?: readonly unknown[];
  readonly nodesToUnregister?: readonly unknown[];
}

interface Node {
  readonly nodeId: unknown;
}

function nodesOf(asked: Asked): readonly string[] {
  const ids = [
    ...[...(asked.nodesToRead ?? []), ...(asked.nodesToWrite ?? [])].map(({ nodeId }) => nodeId),
    ...(asked.nodesToBrowse ?? []).map(({ nodeId }) => nodeId),
    ...(asked.methodsToCall ?? []).map(({ objectId, methodId }) =>
      String(methodId) === FILE_OPEN ? objectId : methodId,
    ),
    ...(asked.historyUpdateDetails ?? []).map(({ nodeId }) => nodeId),
    ...(asked.browsePaths ?? []).map(({ startingNode }) => startingNode),
    ...(asked.itemsToCreate ?? []).map(({ itemToMonitor }) => itemToMonitor.nodeId),
    ...[...(asked.nodesToRegister ?? []), ...(asked.nodesToUnregister ?? [])],
  ];
  return ids.map(String);
}
