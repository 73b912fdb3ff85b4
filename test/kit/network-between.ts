/** A network between a machine and the broker, which a test can take away and bring back. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class NetworkBetween {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private to = 0;
  private isUp = true;

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

  close(): void {
    this.cut();
    this.server.close();
  }

  private came(socket: Socket): void {
    this.keep(socket);
    if (!this.isUp) return void socket.resetAndDestroy();
    const onward = connect(this.to, "127.0.0.1");
    this.keep(onward);
    socket.pipe(onward);
    onward.pipe(socket);
    socket.on("close", () => onward.destroy());
    onward.on("close", () => socket.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.sockets.delete(socket));
  }
}
