/** A network between a machine and the broker, which a test can take away and bring back. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class NetworkBetween {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private to = 0;
  private isUp = true;
  private delayMs = 0;
  /** What came while nothing passes, and what is still on its way. */
  private held: (() => void)[] | undefined;

  private constructor() {
    this.server = createServer((socket) => this.came(socket));
  }

  static async open(): Promise<NetworkBetween> {
    const network = new NetworkBetween();
    network.server.listen(0, "127.0.0.1");
    await once(network.server, "listening");
    return network;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  leadTo(port: number): void {
    this.to = port;
  }

  /** What is on its way is lost; nothing comes through until `restore`. */
  cut(): void {
    this.isUp = false;
    for (const socket of [...this.sockets]) socket.resetAndDestroy();
  }

  restore(): void {
    this.isUp = true;
  }

  /** Without a word to either side, bytes wait, and come when it is over. */
  hold(): void {
    this.held ??= [];
  }

  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const pass of held) pass();
  }

  /** Of each direction, for what comes from now on. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private came(socket: Socket): void {
    this.keep(socket);
    if (!this.isUp) return void socket.resetAndDestroy();
    const onward = connect(this.to, "127.0.0.1");
    this.keep(onward);
    this.carry(socket, onward);
    this.carry(onward, socket);
  }

  /** In order, each no earlier than its delay. */
  private carry(from: Socket, to: Socket): void {
    const waiting: { readonly dueMs: number; readonly act: () => void }[] = [];
    const look = () => {
      if (this.held) {
        if (!this.held.includes(look)) this.held.push(look);
        return;
      }
      for (let next = waiting[0]; next; next = waiting[0]) {
        const waitMs = next.dueMs - performance.now();
        if (waitMs > 0) return void setTimeout(look, Math.ceil(waitMs));
        waiting.shift();
        next.act();
      }
    };
    const soon = (act: () => void) => {
      waiting.push({ dueMs: performance.now() + this.delayMs, act });
      if (waiting.length === 1 || this.delayMs === 0) look();
    };
    from.on("data", (bytes: Buffer) => soon(() => void to.write(bytes)));
    from.on("end", () => soon(() => void to.end()));
    from.on("close", () => soon(() => void to.destroy()));
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.sockets.delete(socket));
  }
}
