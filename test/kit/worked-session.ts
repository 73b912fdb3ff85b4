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
  private readonly waiting = new Map<number, { got(reply: Reply): void; lost(why: Error): void }>();

  private constructor(user: ConsoleUser, id: string, socket: UserSocket) {
    this.user = user;
    this.id = id;
    this.socket = socket;
    socket.on("bytes", (_id, _channel, bytes) => {
      const received = this.client.receive(new Uint8Array(bytes));
      if (received.kind === "broken") throw new Error(received.reason);
      for (const { request, reply } of received.answers) this.waiting.get(request)?.got(reply);
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
    const { request, bytes } = this.client.request(operation);
    return new Promise((resolve, reject) => {
      const settled = <T>(settle: (how: T) => void) => {
        return (how: T) => {
          clearTimeout(late);
          this.waiting.delete(request);
          settle(how);
        };
      };
      const lost = settled(reject);
      const late = setTimeout(() => lost(new Error("no answer")), ANSWER_WITHIN_MS);
      this.waiting.set(request, { got: settled(resolve), lost });
      this.socket.emit("bytes", this.id, "main", bytes);
    });
  }

  /** As somebody whose computer is gone: nothing is answered any more. */
  leave(): void {
    this.socket.disconnect();
    for (const { lost } of [...this.waiting.values()]) lost(new Error("it was left"));
  }

  async end(): Promise<void> {
    await this.user.ask("POST", `/api/sessions/${this.id}/end`, { reason: "" });
    this.socket.disconnect();
  }
}
