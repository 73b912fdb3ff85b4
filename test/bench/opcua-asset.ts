/**
 * The asset of the OPC UA bench, a process of its own: a thousand values that change ten times a
 * second, one that is written, with every security there is.
 *
 *     node test/bench/opcua-asset.ts FOLDER    prints `listening on PORT`
 */
import { join } from "node:path";
import {
  DataType,
  type Namespace,
  OPCUACertificateManager,
  OPCUAServer,
  setErrorLogger,
  setWarningLogger,
  type UAVariable,
} from "node-opcua";
import { keptCertificate } from "../../simulators/assets/opcua-certificate.ts";
import { BENCH_LOGIN, VALUES } from "./opcua-roads.ts";

const URI = "urn:sallyport:bench-asset";
const CHANGE_EVERY_MS = 100;

async function main(folder: string): Promise<void> {
  setErrorLogger(() => undefined);
  setWarningLogger(() => undefined);
  const { certificateFile, privateKeyFile } = keptCertificate(folder, URI);
  const managers = new OPCUACertificateManager({
    rootFolder: join(folder, "trust"),
    automaticallyAcceptUnknownCertificate: true,
  });
  const server = new OPCUAServer({
    ...{ certificateFile, privateKeyFile, serverCertificateManager: managers },
    ...{ userCertificateManager: managers, host: "127.0.0.1", port: 0 },
    serverInfo: { applicationUri: URI, productUri: URI },
    serverCapabilities: { maxSessions: 20 },
    userManager: {
      isValidUser: (user: string, password: string) =>
        user === BENCH_LOGIN.user && password === BENCH_LOGIN.password,
    },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  if (!space) throw new Error("no address space");
  const values = fill(space.registerNamespace(URI));
  await server.start();
  let n = 0;
  setInterval(() => {
    n += 1;
    for (const [at, value] of values.entries()) {
      value.setValueFromSource({ dataType: DataType.Double, value: at + (n % 100) / 100 });
    }
  }, CHANGE_EVERY_MS);
  process.stdout.write(`listening on ${server.endpoints[0]?.port}\n`);
}

function fill(own: Namespace): readonly UAVariable[] {
  const plant = own.addObject({ browseName: "Plant", organizedBy: "ObjectsFolder" });
  const add = (name: string) =>
    own.addVariable({
      ...{ componentOf: plant, browseName: name, nodeId: `s=${name}`, dataType: "Double" },
      ...{ value: { dataType: DataType.Double, value: 0 }, minimumSamplingInterval: 100 },
    });
  add("Setpoint");
  return Array.from({ length: VALUES }, (_, at) => add(`Value${at}`));
}

await main(process.argv[2] ?? ".");
