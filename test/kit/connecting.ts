/** `sallyport connect` on a person's machine, once its port listens. */
import { connect as dial, type Socket } from "node:net";
import type { Opened } from "../../broker/api/shapes/connect.ts";
import { type RunningCommand, startCommand } from "./sallyport-command.ts";

export interface Connecting extends RunningCommand {
  readonly port: number;
  readonly session: string;
  readonly opened: Pick<Opened, "session" | "tool" | "leaseMs">;
  /** Lines of this kind that it printed so far. */
  lines(kind: string): readonly Readonly<Record<string, unknown>>[];
  /** As Ctrl-C. Resolves with its exit code. */
  stop(): Promise<number>;
}

/** @param args what follows `connect` */
export async function startConnecting(
  home: string,
  args: readonly string[],
  approve?: (command: RunningCommand) => Promise<void>,
): Promise<Connecting> {
  const command = startCommand(home, ["connect", ...args, "--json"]);
  if (approve) await approve(command);
  const [line = ""] = await command.says(/^\{"kind":"listening".*$/m);
  const said = JSON.parse(line) as { port: number } & Connecting["opened"];
  return Object.assign(command, {
    ...{ port: said.port, session: said.session.id, opened: said },
    lines: (kind: string) =>
      command.output
        .split("\n")
        .filter((each) => each.startsWith(`{"kind":"${kind}"`))
        .map((each) => JSON.parse(each) as Record<string, unknown>),
    stop: () => {
      command.process.kill("SIGINT");
      return command.ended;
    },
  });
}

/** A raw connection of a tool. */
export class RawTool {
  readonly socket: Socket;
  private received = Buffer.alloc(0);
  private hearers = new Set<() => void>();
  /** Resolves with `end` for a clean close, with the error's code otherwise. */
  readonly over: Promise<string>;

  constructor(port: number) {
    this.socket = dial({ port, host: "127.0.0.1", noDelay: true });
    this.socket.on("data", (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes]);
      for (const hear of [...this.hearers]) hear();
    });
    this.over = new Promise((resolve) => {
      this.socket.once("end", () => resolve("end"));
      this.socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
      this.socket.once("close", () => resolve("close"));
    });
  }

  /** Sends, and resolves with the next so many bytes. Rejects where the connection ends first. */
  ask(bytes: Uint8Array, length: number): Promise<Buffer> {
    this.socket.write(bytes);
    return this.next(length);
  }

  next(length: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const hear = () => {
        if (this.received.length < length) return;
        this.hearers.delete(hear);
        const taken = this.received.subarray(0, length);
        this.received = this.received.subarray(length);
        resolve(taken);
      };
      this.hearers.add(hear);
      void this.over.then((how) => reject(new Error(`the connection is over: ${how}`)));
      hear();
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Modbus: one request of this function to unit 1, its parts as 16-bit words. */
export function modbusRequest(id: number, code: number, ...words: readonly number[]): Buffer {
  const frame = Buffer.alloc(8 + words.length * 2);
  frame.writeUInt16BE(id, 0);
  frame.writeUInt16BE(2 + words.length * 2, 4);
  frame.writeUInt8(1, 6);
  frame.writeUInt8(code, 7);
  for (const [at, word] of words.entries()) frame.writeUInt16BE(word, 8 + at * 2);
  return frame;
}
