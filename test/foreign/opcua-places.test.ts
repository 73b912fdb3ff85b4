/**
 * Rules about what lies below a node and about methods, against a foreign server with types: the
 * same method by its id on the object and by the type's, files, and what lies elsewhere.
 * Slow: a server and a broker's session are real.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AttributeIds,
  type CallMethodRequestOptions,
  type ClientSession,
  DataType,
  OPCUACertificateManager,
  OPCUAServer,
  StatusCodes,
  setErrorLogger,
  setWarningLogger,
} from "node-opcua";
import { afterAll, beforeAll, expect, test } from "vitest";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import { SECURE } from "../../broker/legs/opcua/security.ts";
import { keptCertificate } from "../../simulators/assets/opcua-certificate.ts";
import { type ConduitChild, startConduit } from "../kit/conduit-child.ts";
import { type SignedIn, signInOpcua, signOut } from "../kit/opcua-client.ts";
import { opcuaPlantText } from "../kit/opcua-plant.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const SLOW_MS = 120_000;
const URI = "urn:sallyport:typed-asset";
const folder = makeFolder();
const node = (name: string) => `ns=1;s=${name}`;
const named = (name: string) => `"nsu=${URI};s=${name}"`;

let server: OPCUAServer;
let conduit: ConduitChild;
let signedIn: SignedIn;
let session: ClientSession;
/** What the asset was called for. */
const called: string[] = [];
let recipeOpen = "";

async function startAsset(): Promise<number> {
  setErrorLogger(() => undefined);
  setWarningLogger(() => undefined);
  const own = join(folder, "asset");
  mkdirSync(own);
  const managers = new OPCUACertificateManager({
    rootFolder: join(own, "trust"),
    automaticallyAcceptUnknownCertificate: true,
  });
  server = new OPCUAServer({
    ...keptCertificate(own, URI),
    ...{ serverCertificateManager: managers, userCertificateManager: managers },
    ...{ host: "127.0.0.1", port: 0, serverInfo: { applicationUri: URI } },
    userManager: { isValidUser: () => true },
  });
  await server.initialize();
  fill();
  await server.start();
  return server.endpoints[0]?.port ?? 0;
}

/** Pumps holds P101 (of PumpType, which has Stop and Start); Tanks is beside it. */
function fill(): void {
  const space = server.engine.addressSpace;
  if (!space) throw new Error("no address space");
  const nodes = space.getOwnNamespace();
  const type = nodes.addObjectType({ browseName: "PumpType", nodeId: "s=PumpType" });
  for (const name of ["Start", "Stop"]) {
    const method = nodes.addMethod(type, {
      ...{ browseName: name, nodeId: `s=PumpType.${name}`, modellingRule: "Mandatory" },
    });
    method.bindMethod((_inputs, _context, done) => {
      called.push(name);
      done(null, { statusCode: StatusCodes.Good, outputArguments: [] });
    });
  }
  const pumps = nodes.addFolder("ObjectsFolder", { browseName: "Pumps", nodeId: "s=Pumps" });
  const tanks = nodes.addFolder("ObjectsFolder", { browseName: "Tanks", nodeId: "s=Tanks" });
  const pump = type.instantiate({
    ...{ browseName: "P101", nodeId: "s=P101", organizedBy: pumps },
  });
  const value = { dataType: DataType.Double, value: 7 };
  for (const [parent, name] of [
    [pump, "P101.Speed"],
    [tanks, "T101.Level"],
  ] as const) {
    nodes.addVariable({
      ...{ componentOf: parent, browseName: name, nodeId: `s=${name}`, dataType: "Double", value },
    });
  }
  const fileType = space.findObjectType("FileType");
  const recipe = fileType?.instantiate({
    ...{ browseName: "Recipe", nodeId: "s=Recipe", organizedBy: pumps },
  });
  recipeOpen = String(recipe?.getMethodByName("Open")?.nodeId ?? "");
}

function plantFile(port: number, certificate: string): string {
  const rules = [
    `{ name: never stop, deny: operate, opcua: { methods: [${named("PumpType.Stop")}] } }`,
    `{ name: pumps, permit: [observe, operate], opcua: { below: [${named("Pumps")}] } }`,
    `{ name: look around, permit: observe, opcua: { does: [browse] } }`,
  ];
  return opcuaPlantText(port, certificate, rules);
}

beforeAll(async () => {
  const port = await startAsset();
  const pem = readFileSync(join(folder, "asset", "certificate.pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const plant = join(folder, "plant.yaml");
  writeFileSync(plant, plantFile(port, thumbprintOf(der)));
  const recordings = join(folder, "recordings");
  conduit = await startConduit({
    ...{ plant, profile: "work", recordings, endpoint: "works/opcua" },
    env: { CONDUIT_USER: "works", CONDUIT_PASSWORD: "works" },
  });
  const url = `opc.tcp://127.0.0.1:${conduit.port}`;
  const [security] = SECURE;
  if (!security) throw new Error("no security is offered");
  signedIn = await signInOpcua({ url, folder, security, password: "any" });
  session = signedIn.session;
}, SLOW_MS);

afterAll(async () => {
  if (signedIn) await signOut(signedIn);
  await conduit?.stop();
  await server?.shutdown(0);
  removeFolder(folder);
}, SLOW_MS);

const reading = (name: string) => ({ nodeId: node(name), attributeId: AttributeIds.Value });

async function call(objectId: string, methodId: string): Promise<string> {
  const request: CallMethodRequestOptions = { objectId, methodId, inputArguments: [] };
  const { statusCode } = await session.call(request);
  return statusCode.name;
}

test("what lies below the node may be read, written and monitored there, and nothing beside it", {
  timeout: SLOW_MS,
}, async () => {
  const read = await session.read(["P101.Speed", "T101.Level", "P101.Speed"].map(reading));
  const { Good, BadUserAccessDenied } = StatusCodes;
  expect(read.map(({ statusCode }) => statusCode)).toEqual([Good, BadUserAccessDenied, Good]);
  const value = { value: { dataType: DataType.Double, value: 8 } };
  const written = await session.write([
    { ...reading("P101.Speed"), value },
    { ...reading("T101.Level"), value },
  ]);
  expect(written[0]).toBe(Good);
  expect(written[1]?.isGood()).toBe(false);
});

test("a method denied by its type's id is denied on the object by every id it has", {
  timeout: SLOW_MS,
}, async () => {
  const [stop] = (await session.browse(node("P101"))).references?.filter(
    ({ browseName }) => browseName.name === "Stop",
  ) ?? [undefined];
  const own = String(stop?.nodeId);
  expect(own).not.toBe(node("PumpType.Stop"));
  expect(await call(node("P101"), own)).toBe("BadNotExecutable");
  expect(await call(node("P101"), node("PumpType.Stop"))).toBe("BadNotExecutable");
  expect(called).toEqual([]);
  expect(await call(node("P101"), node("PumpType.Start"))).toBe("Good");
  expect(called).toEqual(["Start"]);
});

test("a file's methods are transfers by their ids on the object, which these rules do not permit", {
  timeout: SLOW_MS,
}, async () => {
  expect(recipeOpen).toMatch(/^ns=1;/);
  expect(await call(node("Recipe"), recipeOpen)).toBe("BadNotExecutable");
});
