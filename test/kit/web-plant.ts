/** A whole broker with one web panel of the test's own behind it, and a browser of bare requests. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import path from "node:path";
import { WebSocket } from "ws";
import type { ConsoleUser } from "./console-user.ts";
import { type RunningBroker, startRunningBroker } from "./running-broker.ts";
import { makeFolder, removeFolder } from "./temporary.ts";

export const WEB_ENDPOINT = "panel/web";
const BROWSER = { "user-agent": "test" };

export interface WebPlantParts {
  readonly port: number;
  /** Rules of the one profile, each as a line of YAML. */
  readonly rules: readonly string[];
  /** More of the endpoint, as `, sign-in: digest`. */
  readonly endpoint?: string;
  readonly login?: { readonly user: string; readonly password: string };
  /** Other endpoints of the panel by id, each with its protocol and address; profile `wire`. */
  readonly others?: readonly { id: string; protocol: string; address: string }[];
}

export class WebPlant {
  readonly site: RunningBroker;
  private readonly folder: string;

  private constructor(site: RunningBroker, folder: string) {
    this.site = site;
    this.folder = folder;
  }

  static async open(parts: WebPlantParts): Promise<WebPlant> {
    const folder = makeFolder();
    const file = path.join(folder, "plant.yaml");
    writeFileSync(file, webPlantFile(parts));
    const site = await startRunningBroker({ SALLYPORT_PANEL_PORT: "0", SALLYPORT_PLANT: file });
    if (parts.login) {
      const credential = { kind: "password", ...parts.login };
      await site.first.ask("POST", "/api/credentials", { endpoint: WEB_ENDPOINT, credential });
    }
    return new WebPlant(site, folder);
  }

  /** A session, and where a browser that calls itself `test` opens its panel, once. */
  async admit(
    person: ConsoleUser = this.site.first,
  ): Promise<{ readonly id: string; readonly address: string }> {
    const session = await person.ask("POST", "/api/sessions", { endpoint: WEB_ENDPOINT });
    if (session.status !== 201) throw new Error(session.text);
    const { id } = session.body;
    const admit = `/api/sessions/${id}/panel`;
    const { address } = (
      await person.ask<{ readonly address: string }>("POST", admit, {}, { headers: BROWSER })
    ).body;
    return { id, address };
  }

  async enter(person?: ConsoleUser): Promise<EnteredPanel> {
    const { id, address } = await this.admit(person);
    const url = new URL(address);
    const entered = await new EnteredPanel(id, url, "").get(url.pathname + url.search);
    const cookie = /__Host-sallyport-panel=[\w-]+/.exec(`${entered.headers["set-cookie"]}`)?.[0];
    return new EnteredPanel(id, url, cookie ?? "");
  }

  async close(): Promise<void> {
    await this.site.close();
    removeFolder(this.folder);
  }
}

export interface PanelAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export class EnteredPanel {
  readonly id: string;
  private readonly url: URL;
  private readonly cookie: string;

  constructor(id: string, url: URL, cookie: string) {
    this.id = id;
    this.url = url;
    this.cookie = cookie;
  }

  get headers(): Readonly<Record<string, string>> {
    return { ...BROWSER, host: this.url.host, cookie: this.cookie };
  }

  /** Begun, and not ended. Errors are the test's to expect. */
  begin(method: string, target: string, headers: Readonly<Record<string, string>> = {}) {
    const { port } = this.url;
    const sent: ClientRequest = request({
      ...{ host: "127.0.0.1", port, method, path: target },
      ...{ headers: { ...this.headers, ...headers }, setHost: false, agent: false },
    });
    sent.on("error", () => undefined);
    return sent;
  }

  get(target: string): Promise<PanelAnswer> {
    return this.ask("GET", target);
  }

  async ask(
    method: string,
    target: string,
    headers: Readonly<Record<string, string>> = {},
    body: Uint8Array | string = "",
  ): Promise<PanelAnswer> {
    const sent = this.begin(method, target, headers);
    sent.end(body);
    return answerTo(sent);
  }

  socket(target: string): WebSocket {
    const { port } = this.url;
    const socket = new WebSocket(`ws://127.0.0.1:${port}${target}`, { headers: this.headers });
    socket.on("error", () => undefined);
    return socket;
  }
}

/** Rejects where the answer breaks off. */
export async function answerTo(sent: ClientRequest): Promise<PanelAnswer> {
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) };
}

export function webPlantFile({ port, rules, endpoint = "", others = [] }: WebPlantParts): string {
  return [
    "site: { id: test, name: Test, time-zone: UTC }",
    "zones:",
    "  - { id: dmz, name: DMZ, level: 3.5, sl-t: 2 }",
    "  - { id: cell, name: Cell, level: 1, sl-t: 2 }",
    "conduits:",
    `  - { from: dmz, to: cell, protocols: [${["web", ...others.map((each) => each.protocol)].join(", ")}] }`,
    "assets:",
    "  - id: panel",
    "    name: Panel",
    "    zone: cell",
    "    endpoints:",
    `      - { id: web, protocol: web, address: "127.0.0.1:${port}", allow-local: true${endpoint}, limits: { connections: 16, in-flight: 16, requests-per-second: 1000, response-timeout: 30s } }`,
    ...others.map(
      ({ id, protocol, address }) =>
        `      - { id: ${id}, protocol: ${protocol}, address: "${address}", allow-local: true${protocol === "modbus" ? ", units: [1]" : ""} }`,
    ),
    "profiles:",
    "  - { id: wire, rules: [{ name: all, permit: [observe, operate] }] }",
    "  - id: work",
    "    on-recorder-failure: freeze",
    "    rules:",
    ...rules.map((rule) => `      - ${rule}`),
    "grants:",
    "  - { id: work, subject: role:engineer, endpoint: panel/web, profile: work }",
    ...others.map(
      ({ id }) => `  - { id: ${id}, subject: role:engineer, endpoint: panel/${id}, profile: wire }`,
    ),
  ].join("\n");
}
