/** A session that somebody works in through the console's road: one request at a time, answered. */
import type { LiveAnswer } from "../../broker/api/shapes/live.ts";
import { ModbusClient } from "../../protocols/modbus/client.ts";
import type { ModbusOperation } from "../../protocols/modbus/operation.ts";
import type { Reply } from "../../protocols/modbus/reply-values.ts";
import { type ConsoleUser, connected, type UserSocket } from "./console-user.ts";

const ANSWER_WITHIN_MS = 10_000;

export class WorkedSession {
  readonly id: string;
  private readonly user: ConsoleUser;
  private readonly socket: UserSocket;
  private readonly client = new ModbusClient();
  private readonly waiting: { got(reply: Reply): void; lost(error: Error): void }[] = [];

  private constructor(user: ConsoleUser, id: string, socket: UserSocket) {
    this.user = user;
    this.id = id;
    this.socket = socket;
    socket.on("bytes", (_id, _channel, bytes) => {
      const received = this.client.receive(new Uint8Array(bytes));
      if (received.kind === "broken") throw new Error(received.reason);
      for (const { reply } of received.answers) this.waiting.shift()?.got(reply);
      socket.emit("credit", id, "main", bytes.byteLength);
    });
  }

  static async open(user: ConsoleUser, endpoint = "plc-treatment/modbus"): Promise<WorkedSession> {
    const opened = await user.ask("POST", "/api/sessions", { endpoint });
    if (opened.status !== 201) throw new Error(`not opened: ${opened.text}`);
    const socket = await connected(user.socket());
    const session = new WorkedSession(user, opened.body.id, socket);
    const answer = await new Promise<LiveAnswer>((done) =>
      socket.emit("attach", session.id, "main", done),
    );
    if (!answer.ok) throw new Error(answer.message);
    return session;
  }

  ask(operation: ModbusOperation): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("no answer")), ANSWER_WITHIN_MS);
      const settled = <T>(settle: (how: T) => void) => {
        return (how: T) => {
          clearTimeout(late);
          settle(how);
        };
      };
      this.waiting.push({ got: settled(resolve), lost: settled(reject) });
      this.socket.emit("bytes", this.id, "main", this.client.request(operation).bytes);
    });
  }

  /** As somebody whose computer is gone: nothing is answered any more. */
  leave(): void {
    this.socket.disconnect();
    for (const { lost } of this.waiting.splice(0)) lost(new Error("it was left"));
  }

  async end(): Promise<void> {
    await this.user.ask("POST", `/api/sessions/${this.id}/end`, { reason: "" });
    this.socket.disconnect();
  }
}
