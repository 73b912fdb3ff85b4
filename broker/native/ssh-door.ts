/**
 * The SSH listener: `ssh ASSET@broker -p PORT`. Nobody proves anything here: who comes is shown
 * an address and a number, and a session opens when a person approves it in the browser. A key
 * that its person registered says whose client it is, and then that person alone may approve it.
 * There is no password, and no way on but into that session.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import ssh2, { type AuthContext, type Connection, type PublicKeyAuthContext } from "ssh2";
import { addressKey } from "../legs/address-key.ts";
import { AddressPlaces, plainAddress } from "../legs/address-places.ts";
import { algorithmsForClients } from "../legs/ssh/algorithms.ts";
import { gatherVersion } from "../legs/ssh/gather-version.ts";
import { offerCertificate } from "../legs/ssh/offer-certificate.ts";
import { preferGcm } from "../legs/ssh/prefer-gcm.ts";
import { quicken } from "../legs/ssh/quick-connection.ts";
import { serveChannels } from "../legs/ssh/ssh-client.ts";
import type { SshKey } from "../store/ssh-keys.ts";
import { NATIVE_ASK_MS, type NativeAnswer, type NativeAsks } from "./native-asks.ts";
import type { SshHostKey } from "./ssh-host-key.ts";
import type { SshKeys } from "./ssh-keys.ts";

export interface SshDoorParts {
  readonly listen: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly hostKey: SshHostKey;
  /** A certificate for it, to offer to the connection that comes now. */
  readonly certificate?: () => Uint8Array | undefined;
  readonly asks: NativeAsks;
  /** Registered keys that a client may, or must, prove besides; absent: none counts. */
  readonly keys?: { readonly book: SshKeys; readonly use: "optional" | "required" };
  /** Where the console is, for the address that is shown. */
  readonly origin: string;
  /** Somebody did something under this sign-in. */
  seen(signInId: string): void;
}

/** People of one site with some tools each; below what the system gives one process. */
const CONNECTIONS_MAX = 256;
const CONNECTIONS_PER_ADDRESS_MAX = 32;
/** In one turn, beyond them: those who give way to them are gone with its end. */
const COMING_MAX = 8;
/** From the first byte to the question who it is. */
const HANDSHAKE_MS = 10_000;
/** From that question until it is let in: whoever asks for nothing holds no place for longer. */
const SIGN_IN_MS = 2 * NATIVE_ASK_MS;
const KEEPALIVE_MS = 15_000;
const KEEPALIVE_MISSED_MAX = 3;
/** Tries of one connection; each takes a person's time, not ours. */
const TRIES_MAX = 3;
/** Keys of an agent that one connection offers, most of them for elsewhere. */
const OFFERS_MAX = 16;
/** Of any kind: each key twice, and the tries. Whoever asks more often asks for no answer. */
const REQUESTS_MAX = 2 * OFFERS_MAX + 2 * TRIES_MAX;
/** Words that are on their way when a session ends. */
const FAREWELL_MS = 1_000;
/** Of what a tool says that it is. */
const TOOL_MAX = 60;

export class SshDoor {
  private readonly parts: SshDoorParts;
  private readonly server: Server;
  private readonly ssh: ssh2.Server;
  private readonly connections = new Set<Connection>();
  private readonly stopKeys: () => void;
  private readonly clients = new Set<NativeClient>();
  /** By address and port: what has not yet asked who it is. */
  private readonly greeting = new Map<string, NodeJS.Timeout>();
  private readonly places = new AddressPlaces(CONNECTIONS_PER_ADDRESS_MAX);
  /** By address and port likewise, until they are closed. */
  private readonly sockets = new Map<string, Socket>();
  /** Of them those of whom no person was asked yet, the oldest first. */
  private readonly unasked = new Map<string, Unasked>();

  private constructor(parts: SshDoorParts) {
    this.parts = parts;
    const options = {
      hostKeys: [parts.hostKey.privateKey],
      ident: "Sallyport",
      algorithms: algorithmsForClients(),
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_MISSED_MAX,
    };
    this.ssh = new ssh2.Server(options, (connection, info) => this.came(connection, info));
    this.server = createServer({ noDelay: true }, (socket) => this.knocked(socket));
    // Who comes to a full door makes room first: see `placeFor`.
    this.server.maxConnections = CONNECTIONS_MAX + COMING_MAX;
    const removed = (key: SshKey) => {
      for (const client of [...this.clients]) client.keyRemoved(key);
    };
    this.stopKeys = parts.keys?.book.onRemoved(removed) ?? (() => undefined);
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
    this.stopKeys();
    this.server.close();
    for (const connection of this.connections) connection.end();
  }

  /** One that came to a broker that waits, with the address from which it came there. */
  take(socket: Socket): void {
    this.knocked(socket);
  }

  /** Before a byte of it is read. */
  private knocked(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? "");
    const leave = this.placeFor(address);
    if (!leave) return void socket.destroy();
    const key = `${address}:${socket.remotePort}`;
    this.unasked.set(key, { address, socket, leave });
    this.greeting.set(
      key,
      setTimeout(() => socket.destroy(), HANDSHAKE_MS),
    );
    this.sockets.set(key, socket);
    socket.on("close", () => {
      this.sockets.delete(key);
      this.unasked.delete(key);
      this.greeted(key);
      leave();
    });
    gatherVersion(socket, "client");
    this.ssh.injectSocket(socket);
  }

  /**
   * Who says nothing, or only what asks nobody, gives way to who comes: to hold places at the door
   * keeps nobody out. Undefined where all are of people who were asked or let in.
   */
  private placeFor(address: string): (() => void) | undefined {
    if (this.sockets.size >= CONNECTIONS_MAX && !this.makeRoom(() => true)) return undefined;
    const leave = this.places.take(address);
    if (leave || !this.makeRoom((each) => addressKey(each) === addressKey(address))) return leave;
    return this.places.take(address);
  }

  private makeRoom(among: (address: string) => boolean): boolean {
    for (const [key, { address, socket, leave }] of this.unasked) {
      if (!among(address)) continue;
      this.unasked.delete(key);
      this.sockets.delete(key);
      leave();
      socket.destroy();
      return true;
    }
    return false;
  }

  private greeted(key: string): void {
    clearTimeout(this.greeting.get(key));
    this.greeting.delete(key);
  }

  private came(connection: Connection, info: ssh2.ClientInfo): void {
    const address = plainAddress(info.ip);
    this.connections.add(connection);
    quicken(connection);
    preferGcm(connection);
    const { hostKey, certificate } = this.parts;
    const certified = certificate?.();
    if (certified) offerCertificate(connection, hostKey.privateKey, certified);
    connection.on("error", () => connection.end());
    connection.on("close", () => this.connections.delete(connection));
    const key = `${address}:${info.port}`;
    connection.once("authentication", () => this.greeted(key));
    const tool = toolOf(info);
    const socket = this.sockets.get(key);
    const asked = () => void this.unasked.delete(key);
    const peer = { address, tool, port: info.port, asked, ...(socket && { socket }) };
    const client = new NativeClient(this.parts, connection, peer);
    this.clients.add(client);
    connection.on("close", () => this.clients.delete(client));
    client.begin();
  }
}

const CLOSED = "the SSH connection was closed";

type Approved = Extract<NativeAnswer, { kind: "approved" }>;

interface Unasked {
  readonly address: string;
  readonly socket: Socket;
  /** Gives its place back. */
  leave(): void;
}

interface Peer {
  readonly address: string;
  readonly port: number;
  readonly tool: string;
  /** A person is asked about it. */
  asked(): void;
  /** Absent where it is closed already. */
  readonly socket?: Socket;
}

/** One connection: asks who it is, then serves its channels until the session or it ends. */
class NativeClient {
  private readonly parts: SshDoorParts;
  private readonly connection: Connection;
  private readonly peer: Peer;
  private approved: Approved | undefined;
  private requests = 0;
  private tries = 0;
  private offers = 0;
  /** The registered key whose private half it holds. */
  private key: SshKey | undefined;
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
    connection.on("authentication", (asks) => {
      // Who it is cannot be told, for example while the database is away: nobody is let in.
      this.authenticate(asks).catch(() => this.connection.end());
    });
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
    if (request > REQUESTS_MAX) return void this.connection.end();
    if (asks.method === "publickey") return this.offered(asks, request);
    if (asks.method !== "keyboard-interactive" || !this.methods().includes(asks.method)) {
      return asks.reject(this.methods());
    }
    this.tries += 1;
    if (this.tries > TRIES_MAX) return void this.connection.end();
    const { address, tool } = this.peer;
    const own = this.key && { person: this.key.personId, key: this.key.label };
    const whom = { target: asks.username, protocol: "ssh", address, tool, ...own } as const;
    const asked = this.parts.asks.ask(whom);
    if (!asked) {
      asks.prompt([], "Sallyport", "Too many sign-ins are waiting. Try again in a minute.", () =>
        asks.reject([]),
      );
      return;
    }
    this.peer.asked();
    this.withdraw = asked.withdraw;
    asks.prompt([], "Sallyport", this.words(asked.ask.id, asked.ask.number), () => undefined);
    const answer = await asked.answered;
    const abandoned = this.gone || request !== this.requests;
    if (answer.kind === "approved") {
      if (abandoned) return void answer.session.end({ rule: "client-closed", reason: CLOSED });
      this.approved = answer;
      if (this.key) this.parts.keys?.book.used(this.key);
      return asks.accept();
    }
    if (abandoned) return;
    asks.prompt([], "Sallyport", `Not opened: ${answer.reason}.`, () => asks.reject([]));
  }

  /** It can be asked for here and now. */
  private methods(): ("publickey" | "keyboard-interactive")[] {
    const { keys } = this.parts;
    if (this.key || !keys) return ["keyboard-interactive"];
    return keys.use === "required" ? ["publickey"] : ["publickey", "keyboard-interactive"];
  }

  /** A key alone opens nothing: where it is proved, the question of the browser follows. */
  private async offered(asks: PublicKeyAuthContext, request: number): Promise<void> {
    const book = this.parts.keys?.book;
    this.offers += 1;
    if (this.offers > OFFERS_MAX) return void this.connection.end();
    const key = this.key ? undefined : await book?.find(asks.key);
    if (this.gone || request !== this.requests) return;
    if (!key) return asks.reject(this.methods());
    if (!asks.signature) return asks.accept();
    if (!book?.proves(key, asks)) return asks.reject(this.methods());
    this.key = key;
    asks.reject(this.methods(), true);
  }

  /** Its person took it back: a lost machine goes at once. */
  keyRemoved({ id }: SshKey): void {
    if (this.key?.id !== id) return;
    const reason = "the key that this client holds was removed";
    this.approved?.session.end({ rule: "ssh-key-removed", reason });
    this.withdraw();
    this.connection.end();
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
    session.ownerPresent(true, "tool");
    serveChannels(connection, {
      attach: (leg) => session.attach(leg, `${address}:${port}`),
      input: () => {
        session.activity();
        this.parts.seen(signInId);
      },
    });
    session.listen(({ kind }) => {
      if (kind === "end") process.nextTick(() => this.drop());
    });
    void session.closed.then(() => setTimeout(() => connection.end(), FAREWELL_MS));
  }

  /**
   * What waits for a client that takes nothing is not for after the end: it goes, with what the
   * system holds of it. Asked once the farewell, which this turn gathered, was offered to it.
   */
  private drop(): void {
    const { socket } = this.peer;
    if (socket && socket.writableLength > 0) socket.resetAndDestroy();
  }
}

/** Hostile text: only what a name and a version have. */
function toolOf({ header }: ssh2.ClientInfo): string {
  const { software } = header.versions;
  const comments = header.comments ?? "";
  const name = `${software} ${comments}`.replace(/[^\w.+ -]/g, "").trim();
  return name.slice(0, TOOL_MAX) || "an SSH client";
}
