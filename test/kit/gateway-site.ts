/**
 * A site in two planes: control and gateways as programs of their own, which can be killed, and
 * the simulated plant in this process, which goes on whatever becomes of them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { GatewaysView } from "../../broker/api/shapes/gateways.ts";
import type { RecordingView } from "../../broker/api/shapes/sessions.ts";
import { type SimulatedPlant, startSimulatedPlant } from "../../simulators/plant.ts";
import { type Child, startChild } from "./child.ts";
import { ConsoleUser } from "./console-user.ts";
import { joinGateway, startGateway } from "./gateway-child.ts";
import { writeConsole, writePlantFile } from "./running-broker.ts";
import { temporaryFolder } from "./temporary.ts";

const COMMAND = new URL("../../broker/cli/sallyport.ts", import.meta.url).pathname;
/** A program that starts on a busy machine. */
const START_MS = 90_000;
const STATE_MS = 60_000;

export class GatewaySite {
  readonly folder: string;
  readonly plant: SimulatedPlant;
  readonly user: ConsoleUser;
  readonly gateways = new Map<string, Child>();
  private readonly environment: Readonly<Record<string, string>>;
  control: Child;

  private constructor(
    folder: string,
    plant: SimulatedPlant,
    environment: Readonly<Record<string, string>>,
    control: Child,
  ) {
    this.folder = folder;
    this.plant = plant;
    this.environment = environment;
    this.control = control;
    this.user = new ConsoleUser(`http://localhost:${environment.SALLYPORT_PORT}`);
  }

  /** Ends with the test. @param served the line of the example's plant file that gateways follow */
  static async start(names: readonly string[], served: string): Promise<GatewaySite> {
    const folder = temporaryFolder();
    const plant = await startSimulatedPlant({ ports: { treatment: 0, distribution: 0 } });
    onTestFinished(() => plant.close());
    const environment = {
      ...{ SALLYPORT_PORT: await freePort(), SALLYPORT_GATEWAY_PORT: await freePort() },
      ...{ SALLYPORT_SSH_PORT: "off", SALLYPORT_OPCUA_PORT: "off", SALLYPORT_PANEL_PORT: "off" },
      SALLYPORT_DATA: join(folder, "control"),
      SALLYPORT_LOG: join(folder, "control.log"),
      SALLYPORT_PLANT: writePlantFile(folder, plant),
      SALLYPORT_CONSOLE: writeConsole(folder),
      SALLYPORT_REQUESTS_PER_MINUTE: "100000",
    };
    const control = await startControl(environment);
    const site = new GatewaySite(folder, plant, environment, control);
    onTestFinished(() => site.stop());
    const link = /https?:\S+\/enrol\S+/.exec(control.output)?.[0] ?? "";
    await site.user.enrol(link);
    for (const name of names) await site.addGateway(name);
    await site.serve(served, names);
    return site;
  }

  folderOf(name: string): string {
    return join(this.folder, name);
  }

  /** @param before addresses at which it looks for control first */
  async startGateway(name: string, before: readonly string[] = []): Promise<void> {
    const control = `127.0.0.1:${this.environment.SALLYPORT_GATEWAY_PORT}`;
    const controls = before.length === 0 ? "" : [...before, control].join();
    const started = await startGateway(this.folderOf(name), {
      SALLYPORT_GATEWAY_CONTROLS: controls,
    });
    this.gateways.set(name, started);
    await this.untilState(name, "connected");
  }

  async killGateway(name: string): Promise<void> {
    await this.gateways.get(name)?.stop("SIGKILL");
    this.gateways.delete(name);
  }

  async killControl(): Promise<void> {
    await this.control.stop("SIGKILL");
  }

  /** Its person has signed in again. */
  async startControl(): Promise<void> {
    this.control = await startControl(this.environment);
    await this.user.signIn();
  }

  async list(): Promise<GatewaysView> {
    return (await this.user.ask<GatewaysView>("GET", "/api/gateways")).body;
  }

  untilState(name: string, state: string): Promise<void> {
    return this.until(`${name} is ${state}`, async () =>
      (await this.list()).gateways.some((each) => each.name === name && each.state === state),
    );
  }

  /** Asks until it holds. */
  async until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
    const lateMs = performance.now() + STATE_MS;
    while (!(await holds())) {
      if (performance.now() > lateMs) throw new Error(`not in time: ${what}\n${this.said()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async recording(session: string): Promise<Pick<RecordingView, "state">> {
    return (await this.user.ask<RecordingView>("GET", `/api/recordings/${session}`)).body;
  }

  async state(session: string): Promise<string> {
    return (await this.recording(session)).state;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.gateways.values()].map((child) => child.stop("SIGKILL")));
    await this.control.stop("SIGKILL");
  }

  said(): string {
    const parts = [...this.gateways].map(([name, { output }]) => `${name}:\n${output}`);
    return [`control:\n${this.control.output}`, ...parts].join("\n");
  }

  private async addGateway(name: string): Promise<void> {
    await joinGateway(this.user, name, this.folderOf(name));
    await this.startGateway(name);
  }

  /** Once they are there, so that the key switches behind them are read at once. */
  private async serve(line: string, names: readonly string[]): Promise<void> {
    const file = this.environment.SALLYPORT_PLANT ?? "";
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(line, `${line}\n        gateways: [${names.join(", ")}]`));
    await this.until("the plant file is in force", async () =>
      (await this.list()).gateways.every(({ endpoints }) => endpoints.length > 0),
    );
  }
}

function startControl(env: Readonly<Record<string, string>>): Promise<Child> {
  const ready = /\n {2}stop +Ctrl-C/;
  return startChild(process.execPath, [COMMAND, "start"], { ready, env, withinMs: START_MS });
}

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}
