/**
 * Who of the sessions on a panel gets its next place in flight: of those who wait the one that
 * holds fewest, and of equals the one that waited longer. While others have the panel open, nobody
 * holds all of them: pages may wait for news for a minute, and that is no reason for the others to.
 */
import type { EndpointLimits } from "../../plant/model.ts";
import type { EndpointLimiter, Waiting } from "../endpoint-limiter.ts";
import { Fifo } from "../fifo.ts";

/** Kept free by a session that is not alone. */
const FOR_OTHERS = 1;

export class PanelPlaces implements Waiting {
  private readonly limiter: EndpointLimiter;
  /** Who was served longest ago comes first. */
  private readonly sessions = new Set<SessionPlaces>();
  /** It stands in the limiter's line. */
  private lined = false;

  constructor(limiter: EndpointLimiter) {
    this.limiter = limiter;
  }

  get limits(): EndpointLimits {
    return this.limiter.limits;
  }

  /** For one session more. */
  enter(): SessionPlaces {
    const session = new SessionPlaces(this);
    this.sessions.add(session);
    return session;
  }

  leave(session: SessionPlaces): void {
    this.sessions.delete(session);
    this.handOut();
  }

  mayTake(): boolean {
    this.lined = false;
    return this.handOut();
  }

  /** Gives out what is free. False if nobody took anything. */
  handOut(): boolean {
    let took = false;
    for (let next = this.next(); next && !this.lined; next = this.next()) {
      this.lined = !this.limiter.take(this);
      if (this.lined) break;
      took = true;
      this.serve(next);
    }
    return took;
  }

  /** One place is free again. */
  free(): void {
    this.limiter.give();
    this.handOut();
  }

  private serve(session: SessionPlaces): void {
    this.sessions.delete(session);
    this.sessions.add(session);
    if (!session.serve()) this.limiter.give();
  }

  private next(): SessionPlaces | undefined {
    const { inFlightMax } = this.limiter.limits;
    const heldMax = this.sessions.size > 1 ? Math.max(1, inFlightMax - FOR_OTHERS) : inFlightMax;
    let next: SessionPlaces | undefined;
    for (const session of this.sessions) {
      if (session.waiting === 0 || session.held >= heldMax) continue;
      if (!next || session.held < next.held) next = session;
    }
    return next;
  }
}

/** The share of one session. */
export class SessionPlaces {
  private readonly places: PanelPlaces;
  private readonly line = new Fifo<Waiting>();
  held = 0;

  constructor(places: PanelPlaces) {
    this.places = places;
  }

  get limits(): EndpointLimits {
    return this.places.limits;
  }

  get waiting(): number {
    return this.line.length;
  }

  /** It is told, now or later, that a place is its own; it answers false where it wants none. */
  ask(who: Waiting): void {
    this.line.push(who);
    this.places.handOut();
  }

  forget(who: Waiting): void {
    this.line.remove((each) => each === who);
  }

  /** @returns whether the place is used */
  serve(): boolean {
    this.held += 1;
    if (this.line.shift()?.mayTake()) return true;
    this.held -= 1;
    return false;
  }

  giveBack(): void {
    this.held -= 1;
    this.places.free();
  }

  leave(): void {
    this.line.clear();
    this.places.leave(this);
  }
}
