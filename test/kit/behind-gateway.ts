/**
 * A broker in this process whose assets are reached by gateways, each a program of its own; the
 * simulated plant is in this process and goes on whatever becomes of them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import type { GatewaysView } from "../../broker/api/shapes/gateways.ts";
import type { RecordingView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import type { Child } from "./child.ts";
import { joinGateway, startGateway } from "./gateway-child.ts";
import { type RunningBroker, startRunningBroker } from "./running-broker.ts";
import { makeFolder, removeFolder } from "./temporary.ts";

export const UNTIL = { timeout: 60_000, interval: 50 };

/** A line of the example's plant file for each endpoint: `gateways:` is added behind it. */
export const ENDPOINT_LINES = {
  "plc-treatment/modbus": "        units: [1]\n        connection: shared",
  "opc-treatment/opcua": "        security: Basic256Sha256/SignAndEncrypt",
  "hmi-treatment/screen": "        limits: { connections: 4, connect-timeout: 3s }",
  "panel-treatment/web":
    "        sign-in: basic # what with is set in the console and never shown again",
  "switch-works/ssh": '        host-keys: ["SHA256:SDsl9SV3N8zmIaMy9L+BT/3jlgfHyXfVQ5bUKLOvblo"]',
} as const;

export type CarriedEndpoint = keyof typeof ENDPOINT_LINES;

export interface BehindParts {
  readonly gateways: readonly string[];
  readonly endpoints: readonly CarriedEndpoint[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Of the gateways. */
  readonly theirs?: Readonly<Record<string, string>>;
  /** What else the plant file says. */
  readonly edit?: (text: string) => string;
}

export class BehindGateway {
  readonly site: RunningBroker;
  readonly folder: string;
  readonly gateways = new Map<string, Child>();
  private readonly parts: BehindParts;

  private constructor(site: RunningBroker, parts: BehindParts) {
    this.site = site;
    this.parts = parts;
    this.folder = makeFolder();
  }

  static async open(parts: BehindParts): Promise<BehindGateway> {
    const site = await startRunningBroker({ SALLYPORT_GATEWAY_PORT: "0", ...parts.environment });
    const behind = new BehindGateway(site, parts);
    for (const name of parts.gateways) {
      await joinGateway(site.first, name, join(behind.folder, name));
      await behind.start(name);
    }
    await behind.edit((text) => (parts.edit ?? same)(named(text, parts)));
    await behind.served(parts.endpoints);
    return behind;
  }

  /** Where the first gateway keeps what it has. */
  dataOf(name: string): string {
    return join(this.folder, name, "data");
  }

  async start(name: string): Promise<void> {
    this.gateways.set(name, await startGateway(join(this.folder, name), this.parts.theirs));
    await this.connected(name);
  }

  connected(name: string): Promise<unknown> {
    return until(`${name} is connected`, async () => (await this.stateOf(name)) === "connected");
  }

  /** No session goes through any of them. */
  idle(): Promise<unknown> {
    return until("they carry nothing", async () =>
      (await this.list()).gateways.every(({ sessions }) => sessions === 0),
    );
  }

  async stop(name: string, signal: NodeJS.Signals): Promise<void> {
    await this.gateways.get(name)?.stop(signal);
    this.gateways.delete(name);
    await until(`${name} is away`, async () => (await this.stateOf(name)) !== "connected");
  }

  async stateOf(name: string): Promise<string | undefined> {
    return (await this.list()).gateways.find((each) => each.name === name)?.state;
  }

  async list(): Promise<GatewaysView> {
    return (await this.site.first.ask<GatewaysView>("GET", "/api/gateways")).body;
  }

  /** Of the plant file; resolves once it is in force. */
  async edit(change: (text: string) => string): Promise<void> {
    const file = join(this.site.folder, "plant.yaml");
    const before = await this.changes();
    writeFileSync(file, change(readFileSync(file, "utf8")));
    await until("the plant file is in force", async () => (await this.changes()) !== before);
  }

  /** The newest change of the plant file. */
  private async changes(): Promise<string | undefined> {
    const { body } = await this.site.first.ask<SiteEventView[]>("GET", "/api/events");
    return body.find(({ kind }) => kind === "plant:changed")?.id;
  }

  /** @param reader who may see it */
  async sealed(session: string, reader = this.site.first): Promise<RecordingView> {
    const recording = async () => {
      const answer = await reader.ask<RecordingView>("GET", `/api/recordings/${session}`);
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.body;
    };
    const over = async () => (await recording()).state !== "open";
    await until(`${session} is handed over`, over).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.said()}`);
    });
    const closed = await recording();
    if (closed.state === "sealed") return closed;
    throw new Error(`it is ${closed.state}: ${closed.cause}\n${this.said()}`);
  }

  async end(session: string): Promise<void> {
    await this.site.first.ask("POST", `/api/sessions/${session}/end`, { reason: "done" });
  }

  /** By the gateways. */
  said(): string {
    return [...this.gateways].map(([name, { output }]) => `${name}:\n${output}`).join("\n");
  }

  async close(): Promise<void> {
    await this.site.close();
    await Promise.all([...this.gateways.values()].map((child) => child.stop("SIGKILL")));
    removeFolder(this.folder);
  }

  private async served(endpoints: readonly string[]): Promise<void> {
    await until("the plant file is in force", async () => {
      const { gateways } = await this.list();
      return endpoints.every((name) => gateways.every((each) => each.endpoints.includes(name)));
    });
  }
}

function named(text: string, { gateways, endpoints }: BehindParts): string {
  let changed = text;
  for (const name of endpoints) {
    const line = ENDPOINT_LINES[name];
    const before = changed;
    changed = changed.replace(line, `${line}\n        gateways: [${gateways.join(", ")}]`);
    if (changed === before) throw new Error(`the example has no such line for ${name}`);
  }
  return changed;
}

const same = (text: string): string => text;

function until(what: string, holds: () => Promise<boolean>): Promise<unknown> {
  return vi.waitUntil(holds, UNTIL).catch(() => Promise.reject(new Error(`not in time: ${what}`)));
}
