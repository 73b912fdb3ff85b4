/**
 * The SSH listener: `ssh ASSET@broker -p PORT`. Nobody proves anything here: who comes is shown
 * an address and a number, and a session opens when a person approves it in the browser. There is
 * no password, and no way on but into that session.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import ssh2, { type AuthContext, type Connection } from "ssh2";
import { algorithms } from "../legs/ssh/algorithms.ts";
import { quicken } from "../legs/ssh/quick-connection.ts";
import { serveChannels } from "../legs/ssh/ssh-client.ts";
import { NATIVE_ASK_MS, type NativeAnswer, type NativeAsks } from "./native-asks.ts";
import type { SshHostKey } from "./ssh-host-key.ts";

export interface SshDoorParts {
  readonly listen: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly hostKey: SshHostKey;
  readonly asks: NativeAsks;
  /** Where the console is, for the address that is shown. */
  readonly origin: string;
  /** Somebody did something under this sign-in. */
  seen(signInId: string): void;
}

/** People of one site with some tools each; below what the system gives one process. */
const CONNECTIONS_MAX = 256;
const CONNECTIONS_PER_ADDRESS_MAX = 32;
/** From the first byte to the question who it is. */
const HANDSHAKE_MS = 10_000;
/** From that question until it is let in: whoever asks for nothing holds no place for longer. */
const SIGN_IN_MS = 2 * NATIVE_ASK_MS;
const KEEPALIVE_MS = 15_000;
const KEEPALIVE_MISSED_MAX = 3;
/** Tries of one connection; each takes a person's time, not ours. */
const TRIES_MAX = 3;
/** Words that are on their way when a session ends. */
const FAREWELL_MS = 1_000;
/** Of what a tool says that it is. */
const TOOL_MAX = 60;

export class SshDoor {
  private readonly parts: SshDoorParts;
  private readonly server: Server;
  private readonly ssh: ssh2.Server;
  private readonly connections = new Set<Connection>();
  /** By address and port: what has not yet asked who it is. */
  private readonly greeting = new Map<string, NodeJS.Timeout>();
  private readonly byAddress = new Map<string, number>();

  private constructor(parts: SshDoorParts) {
    this.parts = parts;
    const options = {
      hostKeys: [parts.hostKey.privateKey],
      ident: "Sallyport",
      algorithms: algorithms(false),
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_MISSED_MAX,
    };
    this.ssh = new ssh2.Server(options, (connection, info) => this.came(connection, info));
    this.server = createServer({ noDelay: true }, (socket) => this.knocked(socket));
    this.server.maxConnections = CONNECTIONS_MAX;
  }

  /** Rejects where the port is taken. */
  static async open(parts: SshDoorParts): Promise<SshDoor> {
    const door = new SshDoor(parts);
    door.server.listen(parts.port, parts.listen);
    await once(door.server, "listening");
    return door;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
    for (const connection of this.connections) connection.end();
  }

  /** Before a byte of it is read. */
  private knocked(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? "");
    const open = (this.byAddress.get(address) ?? 0) + 1;
    if (open > CONNECTIONS_PER_ADDRESS_MAX) return void socket.destroy();
    this.byAddress.set(address, open);
    const key = `${address}:${socket.remotePort}`;
    this.greeting.set(
      key,
      setTimeout(() => socket.destroy(), HANDSHAKE_MS),
    );
    socket.on("close", () => {
      this.greeted(key);
      const left = (this.byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.byAddress.set(address, left);
      else this.byAddress.delete(address);
    });
    this.ssh.injectSocket(socket);
  }

  private greeted(key: string): void {
    clearTimeout(this.greeting.get(key));
    this.greeting.delete(key);
  }

  private came(connection: Connection, info: ssh2.ClientInfo): void {
    const address = plainAddress(info.ip);
    this.connections.add(connection);
    quicken(connection);
    connection.on("error", () => connection.end());
    connection.on("close", () => this.connections.delete(connection));
    connection.once("authentication", () => this.greeted(`${address}:${info.port}`));
    const tool = toolOf(info);
    new NativeClient(this.parts, connection, { address, tool, port: info.port }).begin();
  }
}

/** As a person writes it. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}

const CLOSED = "the SSH connection was closed";

type Approved = Extract<NativeAnswer, { kind: "approved" }>;

interface Peer {
  readonly address: string;
  readonly port: number;
  readonly tool: string;
}

/** One connection: asks who it is, then serves its channels until the session or it ends. */
class NativeClient {
  private readonly parts: SshDoorParts;
  private readonly connection: Connection;
  private readonly peer: Peer;
  private approved: Approved | undefined;
  private requests = 0;
  private tries = 0;
  private gone = false;
  /** Takes back the ask that waits. */
  private withdraw: () => void = () => {};

  constructor(parts: SshDoorParts, connection: Connection, peer: Peer) {
    this.parts = parts;
    this.connection = connection;
    this.peer = peer;
  }

  begin(): void {
    const { connection } = this;
    const late = setTimeout(() => connection.end(), HANDSHAKE_MS + SIGN_IN_MS);
    connection.on("authentication", (asks) => void this.authenticate(asks));
    connection.on("ready", () => {
      clearTimeout(late);
      this.ready();
    });
    connection.on("close", () => {
      clearTimeout(late);
      this.gone = true;
      this.withdraw();
      this.approved?.session.end({ rule: "client-closed", reason: CLOSED });
    });
  }

  private async authenticate(asks: AuthContext): Promise<void> {
    // RFC 4252, 5.1: a new request abandons the one before it. Approved later, it opens nothing.
    const request = ++this.requests;
    this.withdraw();
    if (asks.method !== "keyboard-interactive") return asks.reject(["keyboard-interactive"]);
    this.tries += 1;
    if (this.tries > TRIES_MAX) return void this.connection.end();
    const { address, tool } = this.peer;
    const asked = this.parts.asks.ask({ target: asks.username, protocol: "ssh", address, tool });
    if (!asked) {
      asks.prompt([], "Sallyport", "Too many sign-ins are waiting. Try again in a minute.", () =>
        asks.reject([]),
      );
      return;
    }
    this.withdraw = asked.withdraw;
    asks.prompt([], "Sallyport", this.words(asked.ask.id, asked.ask.number), () => undefined);
    const answer = await asked.answered;
    const abandoned = this.gone || request !== this.requests;
    if (answer.kind === "approved") {
      if (abandoned) return void answer.session.end({ rule: "client-closed", reason: CLOSED });
      this.approved = answer;
      return asks.accept();
    }
    if (abandoned) return;
    asks.prompt([], "Sallyport", `Not opened: ${answer.reason}.`, () => asks.reject([]));
  }

  private words(id: string, number: number): string {
    const minutes = Math.round(NATIVE_ASK_MS / 60_000);
    return [
      "Approve this session with your passkey:",
      "",
      `    open    ${this.parts.origin}/native/${id}`,
      `    choose  ${number}`,
      "",
      `It waits ${minutes} minutes.`,
    ].join("\r\n");
  }

  private ready(): void {
    const { approved, connection } = this;
    if (!approved) return void connection.end();
    const { session, signInId } = approved;
    const { address, port } = this.peer;
    session.ownerPresent(true);
    serveChannels(connection, {
      attach: (leg) => session.attach(leg, `${address}:${port}`),
      input: () => {
        session.activity();
        this.parts.seen(signInId);
      },
    });
    void session.closed.then(() => setTimeout(() => connection.end(), FAREWELL_MS));
  }
}

/** Hostile text: only what a name and a version have. */
function toolOf({ header }: ssh2.ClientInfo): string {
  const { software } = header.versions;
  const comments = header.comments ?? "";
  const name = `${software} ${comments}`.replace(/[^\w.+ -]/g, "").trim();
  return name.slice(0, TOOL_MAX) || "an SSH client";
}
