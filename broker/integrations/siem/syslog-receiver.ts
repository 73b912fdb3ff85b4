/**
 * Syslog over TLS or TCP. Syslog has no acknowledgement: what the kernel took may still be lost
 * when the receiver dies. So each batch has a connection of its own that we end and the receiver
 * must end too, which it does once it has read everything; and a second connection, which stays
 * open and idle, must outlive that by a moment: it breaks when the receiver's process does. Only
 * then is a batch taken; otherwise it is sent again, with the same ids.
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Clock } from "../../clock.ts";
import type { StreamDestination } from "../../legs/integration-dialer.ts";
import type { FeedItem } from "../../store/integration-feed.ts";
import { NotTaken, type Receiver } from "../receiver.ts";

/** The receiver has read all; by then it has also written it, or has died. */
const SETTLE_MS = 500;
/** From our end to the receiver's: it reads what is in its buffers meanwhile. */
const END_WITHIN_MS = 20_000;
/** Bytes that wait in our own buffers; more than a batch of ordinary events. */
const BATCH_MAX = 1_000;

export interface SyslogParts {
  readonly destination: () => StreamDestination;
  connect(destination: StreamDestination): Promise<Socket>;
  /** A framed message. */
  message(item: FeedItem): string;
  readonly clock: Clock;
}

export class SyslogReceiver implements Receiver {
  readonly batchMax = BATCH_MAX;
  private readonly parts: SyslogParts;
  private lifeline: Socket | undefined;
  private current: Socket | undefined;

  constructor(parts: SyslogParts) {
    this.parts = parts;
  }

  wanted(): boolean {
    return true;
  }

  async deliver(items: readonly FeedItem[]): Promise<void> {
    const { connect, destination, message, clock } = this.parts;
    const lifeline = await this.alive();
    const socket = await connect(destination());
    this.current = socket;
    try {
      await readToEnd(socket, items.map(message).join(""), clock);
    } finally {
      this.current = undefined;
      socket.destroy();
    }
    await new Promise<void>((resolve) => clock.after(SETTLE_MS, resolve));
    if (lifeline !== this.lifeline || lifeline.destroyed) {
      throw new NotTaken("the receiver went away while it read");
    }
  }

  close(): void {
    this.lifeline?.destroy();
    this.current?.destroy();
  }

  private async alive(): Promise<Socket> {
    const { lifeline } = this;
    if (lifeline && !lifeline.destroyed) return lifeline;
    const fresh = await this.parts.connect(this.parts.destination());
    // Idle connections are forgotten by firewalls; this keeps it in mind and finds a dead peer.
    fresh.setKeepAlive(true, KEEP_ALIVE_MS);
    const over = (): void => void fresh.destroy();
    fresh.on("error", over).on("end", over).on("data", ignore).resume();
    this.lifeline = fresh;
    return fresh;
  }
}

const KEEP_ALIVE_MS = 30_000;

function ignore(): void {}

/** Resolves once the peer has read everything and ended in its turn. */
async function readToEnd(socket: Socket, text: string, clock: Clock): Promise<void> {
  const late = clock.after(END_WITHIN_MS, () =>
    socket.destroy(new Error("the receiver does not read, or does not end the connection")),
  );
  socket.on("data", ignore).resume();
  const ended = once(socket, "end");
  const closed = once(socket, "close").then(() => {
    throw new NotTaken("the receiver closed the connection before it had read everything");
  });
  closed.catch(ignore);
  socket.end(text);
  try {
    await Promise.race([ended, closed]);
    if (!socket.writableFinished) {
      throw new NotTaken("the receiver ended before it had everything");
    }
  } finally {
    late();
  }
}
