/**
 * From a broker that waits to the active one. It knows where that is by what was published, and that
 * it lives by a line over which that says so each second: the end of its process ends the line at
 * once. Each connection of a person becomes one connection there, so that nobody's words are ever
 * mixed with another's, and the active broker counts and limits each person as its own.
 */

import { setTimeout as pause } from "node:timers/promises";
import type { PeerSocket } from "../legs/peer-dialer.ts";
import { type ActivePlace, placeIn } from "./active-place.ts";
import { ACCEPTED, firstLine, helloLine, type PeerDoor } from "./peer-hello.ts";
import type { PeerKey } from "./peer-key.ts";

/** Nothing was sent: whatever was asked for was not begun. */
export class NotReached extends Error {
  override readonly name = "NotReached";
}

/** From where a person came to this broker. */
export interface CameFrom {
  readonly address: string;
  readonly port: number;
}

export interface RoadParts {
  /** Of this machine, for people there. */
  readonly name: string;
  dial(place: ActivePlace): Promise<PeerSocket>;
  /** Undefined where no broker has made one yet. */
  key(): PeerKey | undefined;
  say(line: string): void;
}

const AGAIN_MS = 500;
/**
 * Connections that are being made at one instant; those after them take their turn, of which there
 * are no more than the door lets in. The active one lets in four times as many from one address.
 */
const MADE_AT_ONCE_MAX = 64;
/** Ten of its words missed: it hangs, or its machine is gone. Its keeper ends it in the same time. */
const SILENT_MAX_MS = 10_000;

export class RoadToActive {
  private readonly parts: RoadParts;
  private text: string | undefined;
  private place: ActivePlace | undefined;
  private watching = new AbortController();
  private readonly sockets = new Set<PeerSocket>();
  private readonly listeners = new Set<(isUp: boolean) => void>();
  private isReached = false;
  private closed = false;
  private making = 0;
  private readonly turns: (() => void)[] = [];
  private said = "";

  constructor(parts: RoadParts) {
    this.parts = parts;
  }

  /** The active broker lives, and takes what is forwarded. */
  get isUp(): boolean {
    return this.isReached;
  }

  /** @param text as it was published last; undefined: nothing was */
  follow(text: string | undefined): void {
    if (this.closed || text === this.text) return;
    this.watching.abort();
    this.down();
    this.place = this.placeIn(text);
    // A key that is on its way over a shared volume makes the same text readable a look later.
    this.text = this.place && text;
    // The one before is over: of a machine that is gone nothing else would ever tell.
    if (this.place) this.cut();
    this.watching = new AbortController();
    if (this.place) void this.watch(this.place, this.watching.signal);
  }

  /** @returns stops telling */
  onChange(listener: (isUp: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether the active broker is there, or comes to be there, in this time. */
  whenUp(withinMs: number): Promise<boolean> {
    if (this.isReached || this.closed) return Promise.resolve(this.isReached);
    return new Promise((resolve) => {
      const done = (isUp: boolean) => {
        clearTimeout(late);
        stop();
        resolve(isUp);
      };
      const late = setTimeout(() => done(false), withinMs);
      const stop = this.onChange((isUp) => {
        if (isUp || this.closed) done(isUp);
      });
    });
  }

  /**
   * A connection at that door of the active broker, as if the person had come there.
   * @throws NotReached
   */
  async connect(door: PeerDoor, from: CameFrom): Promise<PeerSocket> {
    const { place } = this;
    if (!place) throw new NotReached("no broker is active");
    return this.inTurn(() => {
      const isStill = place === this.place && this.isReached;
      if (!isStill) throw new NotReached("the active broker is not reached any more");
      return this.connected(place, door, from);
    });
  }

  close(): void {
    this.closed = true;
    this.watching.abort();
    this.isReached = false;
    for (const listener of [...this.listeners]) listener(false);
    this.listeners.clear();
    this.cut();
  }

  private placeIn(text: string | undefined): ActivePlace | undefined {
    if (text === undefined || text === "") return undefined;
    try {
      const key = this.parts.key();
      const place = key && placeIn(text, key);
      if (!place) this.say("Where the active broker is was published by none of this site.");
      return place;
    } catch (error) {
      this.say(`The key between brokers cannot be used: ${messageOf(error)}.`);
      return undefined;
    }
  }

  private async watch(place: ActivePlace, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const line = await this.connected(place, "watch", NOBODY);
        if (signal.aborted) return void line.destroy();
        await this.livesOn(line, signal);
      } catch (error) {
        if (!signal.aborted) this.say(`The active broker is not reached: ${messageOf(error)}.`);
      }
      await pause(AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Resolves once it does not, or is not looked at any more. */
  private livesOn(line: PeerSocket, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => line.destroy();
      signal.addEventListener("abort", end);
      const silent = () => {
        end();
        // No word will come of it: what waits on its other connections would wait for ever.
        this.cut();
      };
      let late = setTimeout(silent, SILENT_MAX_MS);
      line.on("data", () => {
        clearTimeout(late);
        late = setTimeout(silent, SILENT_MAX_MS);
      });
      line.once("end", end);
      line.once("close", () => {
        clearTimeout(late);
        signal.removeEventListener("abort", end);
        if (!signal.aborted) this.down();
        resolve();
      });
      this.up();
    });
  }

  private async connected(place: ActivePlace, door: PeerDoor, from: CameFrom): Promise<PeerSocket> {
    try {
      const key = this.parts.key();
      if (!key) throw new Error("there is no key between brokers");
      const socket = await this.parts.dial(place);
      this.sockets.add(socket);
      socket.once("close", () => this.sockets.delete(socket));
      socket.write(helloLine({ door, name: this.parts.name, ...from }, socket, key));
      const answer = await firstLine(socket).catch((error: unknown) => {
        socket.destroy();
        throw error;
      });
      if (answer === ACCEPTED && !this.closed) return socket;
      socket.destroy();
      throw new Error("this door of it is not open");
    } catch (error) {
      throw new NotReached(messageOf(error));
    }
  }

  private async inTurn<T>(make: () => Promise<T>): Promise<T> {
    if (this.making < MADE_AT_ONCE_MAX) this.making += 1;
    else await new Promise<void>((go) => this.turns.push(go));
    try {
      return await make();
    } finally {
      const next = this.turns.shift();
      if (next) next();
      else this.making -= 1;
    }
  }

  private up(): void {
    this.isReached = true;
    this.said = "";
    for (const listener of [...this.listeners]) listener(true);
  }

  private down(): void {
    if (!this.isReached) return;
    this.isReached = false;
    for (const listener of [...this.listeners]) listener(false);
  }

  private cut(): void {
    for (const socket of [...this.sockets]) socket.destroy();
  }

  private say(line: string): void {
    if (line === this.said) return;
    this.said = line;
    this.parts.say(line);
  }
}

const NOBODY: CameFrom = { address: "::", port: 0 };

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
