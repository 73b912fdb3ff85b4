/**
 * The works as an OPC UA server. Its port listens at once; the server behind it begins with the
 * first client, in a thread of its own, and is there some seconds later.
 */
import { lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import net from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { WaterPlant } from "../process/water-plant.ts";
import type { Wishes } from "./opcua-nodes.ts";

export interface OpcuaServer {
  readonly port: number;
  /** The process with what clients asked for since the last time. */
  command(plant: WaterPlant): WaterPlant;
  show(plant: WaterPlant): void;
  /** Takes bytes and answers none, until it is told otherwise. */
  freeze(frozen: boolean): void;
  /** Resolves when the server behind the port is there; begins it. */
  ready(): Promise<void>;
  /** As a power failure does: every connection is gone, and the next one finds a new server. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** What the thread is given. */
export interface OpcuaWork {
  /** For certificates; private to the user. */
  readonly folder: string;
  readonly shownPort: number;
  readonly login: { readonly user: string; readonly password: string };
  readonly plant: WaterPlant;
}

/** What it is signed in to with. Known to everybody: it is a toy. */
export const OPCUA_LOGIN = { user: "operator", password: "waterworks" } as const;

const HOST = "127.0.0.1";
/** Values change slowly; a client that samples faster sees the same one twice. */
const SHOW_EVERY_MS = 200;

export interface OpcuaServerOptions {
  /** 0 picks a free one. */
  readonly port: number;
  /** Keeps the certificate from one start to the next; the system's temporary folder if absent. */
  readonly folder?: string;
}

/** Rejects with the system's error where the port is taken. */
export async function startOpcuaServer(
  { port, folder = temporaryFolder() }: OpcuaServerOptions,
  plant: WaterPlant,
): Promise<OpcuaServer> {
  const server = new ServerBehindPort(folder, plant);
  await server.listen(port);
  return server;
}

/** A folder of this user alone: others could otherwise put a key of theirs there first. */
function temporaryFolder(): string {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `sallyport-water-plant-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const isOwn = found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0;
  return isOwn ? folder : mkdtempSync(`${folder}-`);
}

class ServerBehindPort implements OpcuaServer {
  private readonly folder: string;
  private readonly front: net.Server;
  private readonly open = new Set<net.Socket>();
  private plant: WaterPlant;
  private wishes: Wishes = {};
  private thread: { readonly worker: Worker; readonly port: Promise<number> } | undefined;
  private shownMs = 0;
  private frozen = false;

  constructor(folder: string, plant: WaterPlant) {
    this.folder = folder;
    this.plant = plant;
    this.front = net.createServer({ noDelay: true, pauseOnConnect: true }, (client) => {
      void this.join(client);
    });
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.front.once("error", reject);
      this.front.listen(port, HOST, resolve);
    });
  }

  get port(): number {
    const address = this.front.address();
    return address === null || typeof address === "string" ? 0 : address.port;
  }

  command(plant: WaterPlant): WaterPlant {
    const { setpoints, switches } = this.wishes;
    this.wishes = {};
    return {
      ...plant,
      setpoints: { ...plant.setpoints, ...setpoints },
      switches: { ...plant.switches, ...switches },
    };
  }

  show(plant: WaterPlant): void {
    this.plant = plant;
    const nowMs = performance.now();
    if (!this.thread || nowMs - this.shownMs < SHOW_EVERY_MS) return;
    this.shownMs = nowMs;
    this.thread.worker.postMessage({ plant });
  }

  freeze(frozen: boolean): void {
    this.frozen = frozen;
    for (const socket of this.open) frozen ? socket.pause() : socket.resume();
  }

  async ready(): Promise<void> {
    await this.behind();
  }

  async restart(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await this.thread?.worker.terminate();
    this.thread = undefined;
    await this.behind();
  }

  async close(): Promise<void> {
    this.front.close();
    for (const socket of this.open) socket.destroy();
    await this.thread?.worker.terminate();
  }

  private behind(): Promise<number> {
    this.thread ??= this.begin();
    return this.thread.port;
  }

  private begin() {
    const { folder, plant, port: shownPort } = this;
    const work: OpcuaWork = { folder, shownPort, login: OPCUA_LOGIN, plant };
    const worker = new Worker(new URL("./opcua-worker.ts", import.meta.url), { workerData: work });
    const port = new Promise<number>((resolve, reject) => {
      worker.on("message", (message: { readonly port?: number; readonly wishes?: Wishes }) => {
        if (message.port !== undefined) resolve(message.port);
        if (message.wishes) this.add(message.wishes);
      });
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error("the OPC UA server ended")));
    });
    // Whoever connects hears of it; nobody else needs to.
    port.catch(() => undefined);
    return { worker, port };
  }

  private add({ setpoints, switches }: Wishes): void {
    this.wishes = {
      setpoints: { ...this.wishes.setpoints, ...setpoints },
      switches: { ...this.wishes.switches, ...switches },
    };
  }

  private async join(client: net.Socket): Promise<void> {
    this.keep(client);
    const port = await this.behind().catch(() => undefined);
    if (port === undefined || client.destroyed) return void client.destroy();
    const server = net.connect({ host: HOST, port, noDelay: true });
    this.keep(server);
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
    client.pipe(server).pipe(client);
    if (this.frozen) for (const socket of [client, server]) socket.pause();
  }

  private keep(socket: net.Socket): void {
    this.open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.open.delete(socket));
  }
}
