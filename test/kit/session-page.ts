/** The owner's page of a session as the broker meets it: a socket, a Modbus client, the events. */
import { vi } from "vitest";
import type { LiveAnswer } from "../../broker/api/shapes/live.ts";
import type { SessionEvent } from "../../broker/sessions/session.ts";
import { ModbusClient } from "../../protocols/modbus/client.ts";
import type { ModbusOperation } from "../../protocols/modbus/operation.ts";
import type { Reply } from "../../protocols/modbus/reply-values.ts";
import type { UserSocket } from "./console-user.ts";

const WITHIN_MS = 15_000;

export class SessionPage {
  readonly events: SessionEvent[] = [];
  private readonly socket: UserSocket;
  private readonly session: string;
  private readonly client = new ModbusClient();
  private readonly replies = new Map<number, Reply>();

  private constructor(socket: UserSocket, session: string) {
    this.socket = socket;
    this.session = session;
    socket.on("event", (_, event) => this.events.push(event));
    socket.on("bytes", (_id, _channel, bytes) => {
      const received = this.client.receive(new Uint8Array(bytes));
      if (received.kind === "broken") throw new Error(received.reason);
      for (const { request, reply } of received.answers) this.replies.set(request, reply);
      socket.emit("credit", session, "main", bytes.byteLength);
    });
  }

  static async attach(socket: UserSocket, session: string): Promise<SessionPage> {
    const page = new SessionPage(socket, session);
    const answer = await new Promise<LiveAnswer>((done) =>
      socket.emit("attach", session, "main", done),
    );
    if (!answer.ok) throw new Error(answer.message);
    return page;
  }

  /** Whatever becomes of it. */
  send(operation: ModbusOperation): void {
    this.socket.emit("bytes", this.session, "main", this.client.request(operation).bytes);
  }

  /** Resolves with what came back. */
  async ask(operation: ModbusOperation): Promise<Reply> {
    const { request, bytes } = this.client.request(operation);
    this.socket.emit("bytes", this.session, "main", bytes);
    return vi.waitUntil(() => this.replies.get(request), { timeout: WITHIN_MS });
  }

  /** The newest event that concerns rights is such a one. */
  async until(holds: (event: SessionEvent) => boolean): Promise<void> {
    const newest = () =>
      this.events.findLast(({ kind }) => kind !== "decision" && kind !== "watchers");
    await vi.waitUntil(
      () => {
        const event = newest();
        return event !== undefined && holds(event);
      },
      { timeout: WITHIN_MS },
    );
  }

  /** By which rules its operations were decided. */
  rules(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === "decision" ? [event.rule] : []));
  }
}
