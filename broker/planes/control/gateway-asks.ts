/** What a gateway was asked and has not answered yet. */
import type { Clock } from "../../clock.ts";
import { SessionRefused } from "../../sessions/session.ts";

/** An asset that does not answer keeps an opening waiting for as long. */
const ANSWER_MAX_MS = 30_000;
/** More than people can open; a gateway's answers are bounded by what was asked. */
const ASKED_MAX = 4_096;

interface Asked {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly stopTimer: () => void;
}

export class GatewayAsks {
  private readonly name: string;
  private readonly clock: Clock;
  private readonly send: (message: object) => void;
  private readonly asked = new Map<number, Asked>();
  private last = 0;

  /** @param name of the gateway, for sentences */
  constructor(name: string, clock: Clock, send: (message: object) => void) {
    this.name = name;
    this.clock = clock;
    this.send = send;
  }

  /** Rejects with `SessionRefused`. */
  ask(message: object): Promise<unknown> {
    if (this.asked.size >= ASKED_MAX) {
      return Promise.reject(new SessionRefused("gateway-busy", "The gateway is asked too much."));
    }
    const ask = ++this.last;
    return new Promise((resolve, reject) => {
      const late = () => {
        this.asked.delete(ask);
        reject(new SessionRefused("gateway-away", `The gateway ${this.name} does not answer.`));
      };
      const stopTimer = this.clock.after(ANSWER_MAX_MS, late);
      this.asked.set(ask, { resolve, reject, stopTimer });
      this.send({ ...message, ask });
    });
  }

  /** Undefined for what nobody waits for any more. */
  answered(ask: number): Pick<Asked, "resolve" | "reject"> | undefined {
    const asked = this.asked.get(ask);
    this.asked.delete(ask);
    asked?.stopTimer();
    return asked;
  }

  close(why: Error): void {
    for (const { reject, stopTimer } of this.asked.values()) {
      stopTimer();
      reject(why);
    }
    this.asked.clear();
  }
}
