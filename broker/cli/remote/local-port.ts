/** The port on this machine that the tool is pointed at: of loopback alone, for this account alone. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import { isOwnProgram } from "./peer-uid.ts";

const LOOPBACK = "127.0.0.1";
/** Tools open some; what opens more is not a tool. */
const CONNECTIONS_MAX = 64;

export interface LocalPortParts {
  /** 0 takes any free one. */
  readonly port: number;
  /** Paused, nothing read yet. */
  came(tool: Socket): void;
  /** A program of another account was turned away. */
  stranger(): void;
}

export class LocalPort {
  private readonly server: Server;

  private constructor(parts: LocalPortParts) {
    const options = { pauseOnConnect: true, noDelay: true, allowHalfOpen: true };
    this.server = createServer(options, (tool) => {
      tool.on("error", () => tool.destroy());
      if (isOwnProgram(tool)) parts.came(tool);
      else {
        tool.destroy();
        parts.stranger();
      }
    });
    this.server.maxConnections = CONNECTIONS_MAX;
  }

  /** @throws CommandFailed where the port is taken */
  static async open(parts: LocalPortParts): Promise<LocalPort> {
    const local = new LocalPort(parts);
    local.server.listen(parts.port, LOOPBACK);
    try {
      await once(local.server, "listening");
    } catch (error) {
      const why =
        (error as NodeJS.ErrnoException).code === "EADDRINUSE" ? "is taken" : "is refused";
      throw new CommandFailed(EXIT.failed, `port ${parts.port} ${why}: choose another --port`);
    }
    return local;
  }

  get address(): string {
    return LOOPBACK;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
  }
}
