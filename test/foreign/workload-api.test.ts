/**
 * A service proved by the agent of its machine: the SPIFFE Workload API, offered by gRPC's own
 * library. There is no package of SPIRE for the machines that this runs on.
 */
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { WorkloadsView } from "../../broker/api/shapes/workloads.ts";
import { CommandFailed } from "../../broker/cli/remote/exit-codes.ts";
import { Home } from "../../broker/cli/remote/home.ts";
import {
  loginWorkload,
  type WorkloadFlags,
  workloadSourceOf,
} from "../../broker/cli/remote/workload-login.ts";
import { type Child, startChild } from "../kit/child.ts";
import { modbusRequest, RawTool, startConnecting } from "../kit/connecting.ts";
import { testWith } from "../kit/programs.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { runCommand } from "../kit/sallyport-command.ts";
import { SpiffeAuthority, TokenSigner } from "../kit/spiffe.ts";
import { makeFolder, removeFolder, temporaryFolder } from "../kit/temporary.ts";

const PYTHON = "/usr/bin/python3";
const GRPC = "/usr/lib/python3/dist-packages/grpc/__init__.py";
const AGENT = path.resolve(import.meta.dirname, "../kit/workload-agent.py");
/** Processes start, a session opens and ends: on a busy machine. */
const PATIENT = { timeout: 180_000 };
const SOON = { timeout: 60_000, interval: 200 };
const HISTORIAN = "spiffe://plant.example/historian";
const PLC = "plc-treatment/modbus";
const READ_LEVEL = modbusRequest(7, 4, 0, 1);

const folder = makeFolder();
const at = (name: string) => path.join(folder, name);
const agentTest = testWith([PYTHON, GRPC]);

let site: RunningBroker;
let authority: SpiffeAuthority;
let signer: TokenSigner;

beforeAll(async () => {
  authority = await SpiffeAuthority.make();
  signer = await TokenSigner.make("https://spire.example", "key-1");
  const x5c = [Buffer.from(authority.certificate.rawData).toString("base64")];
  const keys = [
    { kty: "EC", use: "x509-svid", x5c },
    { ...signer.publicKey, use: "jwt-svid" },
  ];
  writeFileSync(at("bundle.json"), JSON.stringify({ keys }));
  const named = `{ id: historian, name: Process historian, owner: ada@plant.example, spiffe: "${HISTORIAN}" }`;
  const trust = "{ domain: plant.example, bundle: bundle.json }";
  writeFileSync(at("workloads.yaml"), `trust: [${trust}]\nworkloads: [${named}]\n`);
  site = await startRunningBroker({
    SALLYPORT_WORKLOADS: at("workloads.yaml"),
    SALLYPORT_WORKLOAD_PORT: "0",
    SALLYPORT_FIRST_EMAIL: "ada@plant.example",
  });
  const { id: personId } = await historian();
  const [fromMs, untilMs] = [Date.now() - 60_000, Date.now() + 3_600_000];
  const made = await site.first.ask("POST", "/api/grants", {
    ...{ personId, endpoint: PLC, profile: "read-only", reason: "Keeps the levels" },
    ...{ fromMs, untilMs },
  });
  expect(made.status).toBe(201);
}, 120_000);
afterAll(async () => {
  await site.close();
  removeFolder(folder);
});

async function historian() {
  const { body } = await site.first.ask<WorkloadsView>("GET", "/api/workloads");
  const [found] = body.workloads;
  if (!found) throw new Error("there is no workload");
  return found;
}

interface Agent {
  readonly socket: string;
  readonly endpoint: string;
  readonly child: Child;
  /** Gives out another certificate from now on. */
  certificate(name: string, id?: string, untilMs?: number): Promise<void>;
  token(name: string, audience: string): Promise<void>;
  take(name: string): void;
}

async function startAgent(home = temporaryFolder()): Promise<Agent> {
  const socket = path.join(home, "agent.sock");
  const give = (name: string, what: object) =>
    writeFileSync(path.join(home, `${name}.json`), JSON.stringify(what));
  const child = await startChild(PYTHON, [AGENT, socket, home], { ready: /ready/ });
  onTestFinished(async () => void (await child.stop("SIGKILL")));
  return {
    ...{ socket, child, endpoint: `unix://${socket}` },
    certificate: async (name, id = HISTORIAN, untilMs = Date.now() + 3_600_000) => {
      const { der, key } = await authority.issue({ uris: [id], untilMs });
      give(name, {
        id,
        chain: Buffer.from(der).toString("base64"),
        key: key.replace(/-----.*-----|\n/g, ""),
        bundle: Buffer.from(authority.certificate.rawData).toString("base64"),
      });
    },
    token: async (name, audience) => {
      const token = await signer.sign({ sub: HISTORIAN, aud: audience });
      give(name, { id: HISTORIAN, audience, token });
    },
    take: (name) => rmSync(path.join(home, `${name}.json`)),
  };
}

const ca = () => path.join(site.folder, "data/tls/site-ca.pem");

/** As `sallyport login --spiffe` does it, without a process of its own. */
async function login(
  home: string,
  { endpoint }: Pick<Agent, "endpoint">,
  more: WorkloadFlags = {},
) {
  const address = { origin: site.broker.address, ca: ca() };
  let output = "";
  const out = { write: (text: string) => (output += text) };
  try {
    const source = workloadSourceOf(
      { spiffe: true, ...more },
      { SPIFFE_ENDPOINT_SOCKET: endpoint },
    );
    if (!source) throw new Error("nothing proves it");
    await loginWorkload(new Home({ SALLYPORT_HOME: home }), address, source, {}, out);
    return { code: 0, output, errors: "" };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return { code: error.exitCode, output, errors: error.message };
  }
}

agentTest(
  "a certificate that the agent replaces counts at once and cuts nothing, nor does an agent that is away",
  PATIENT,
  async () => {
    const home = path.join(folder, "certificate");
    const agent = await startAgent();
    await agent.certificate("one");
    const words = ["login", site.broker.address, "--ca", ca(), "--spiffe"];
    const env = { SPIFFE_ENDPOINT_SOCKET: agent.endpoint };
    expect(await runCommand(home, words, undefined, env)).toMatchObject({
      ...{ code: 0, output: expect.stringContaining("Process historian") },
    });
    const command = await startConnecting(home, [PLC]);
    const tool = new RawTool(command.port);
    expect((await tool.ask(READ_LEVEL, 11))[7]).toBe(4);
    const untilMs = Date.now() + 1_800_000;
    await agent.certificate("one", HISTORIAN, untilMs);
    const toTheSecond = Math.floor(untilMs / 1_000) * 1_000;
    await expect.poll(async () => (await historian()).proofEndsMs, SOON).toBe(toTheSecond);
    expect(await historian()).toMatchObject({ live: 1 });

    await agent.child.stop("SIGKILL");
    await command.says(/Workload API at .* cannot be reached/);
    rmSync(agent.socket, { force: true });
    const again = await startAgent(path.dirname(agent.socket));
    const { lastUsedMs } = await historian();
    await expect
      .poll(async () => (await historian()).lastUsedMs, SOON)
      .toBeGreaterThan(lastUsedMs ?? Number.POSITIVE_INFINITY);

    // Nobody is entitled any more: it is said, and what counts until its end goes on until then.
    again.take("one");
    await command.says(/gives this program no identity: no identity issued: 100 % sure/);
    expect((await tool.ask(READ_LEVEL, 11))[7]).toBe(4);
    tool.close();
    expect(await command.stop()).toBe(0);
  },
);

agentTest("the agent's token counts where the broker is meant by it", PATIENT, async () => {
  const home = path.join(folder, "token");
  const agent = await startAgent();
  await agent.token("other", "https://else.example");
  const refused = await login(home, agent, { spiffeProof: "jwt" });
  expect(refused).toMatchObject({ code: 4, errors: expect.stringContaining("no identity") });
  await agent.token("ours", site.broker.address);
  expect(await login(home, agent, { spiffeProof: "jwt" })).toMatchObject({ code: 0 });
  const command = await startConnecting(home, [PLC]);
  const tool = new RawTool(command.port);
  expect((await tool.ask(READ_LEVEL, 11))[7]).toBe(4);
  tool.close();
  expect(await command.stop()).toBe(0);
});

agentTest("of several identities one is named, or the first is taken", PATIENT, async () => {
  const home = path.join(folder, "several");
  const agent = await startAgent();
  await agent.certificate("1", "spiffe://plant.example/another");
  await agent.certificate("2");
  expect(await login(home, agent)).toMatchObject({ code: 4 });
  expect(await login(home, agent, { spiffeId: HISTORIAN })).toMatchObject({ code: 0 });
  expect(await login(home, agent, { spiffeId: "spiffe://plant.example/x" })).toMatchObject({
    ...{ code: 4, errors: expect.stringContaining('it gives "spiffe://plant.example/another"') },
  });
});

agentTest("where there is no agent, or none is named, it is said", PATIENT, async () => {
  const home = path.join(folder, "none");
  const nobody = { endpoint: `unix://${temporaryFolder()}/agent.sock` };
  expect(await login(home, nobody)).toMatchObject({
    ...{ code: 5, errors: expect.stringContaining("cannot be reached (ENOENT)") },
  });
  expect(await login(home, { endpoint: "" })).toMatchObject({ code: 2 });
  expect(await login(home, { endpoint: "tcp://192.0.2.1:8081" })).toMatchObject({ code: 2 });
});
