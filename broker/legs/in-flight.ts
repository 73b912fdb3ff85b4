/**
 * Requests on their way to a device, by the transaction id that they left with. Ids are given one
 * after the other through all 65,536, so that a late reply finds nobody and not the wrong one;
 * the place of an id is its lower bits, which a `Map` would look for longer.
 */
import type { ModbusRequest } from "./modbus-request.ts";

const IDS = 0x1_0000;
const PLACES_FIRST = 4;

export class InFlight {
  size = 0;
  private places: (ModbusRequest | undefined)[] = emptyPlaces(PLACES_FIRST);
  private nextId = 0;
  private sent = 0;

  /** Gives the request its id: one that no other has, and no other of its place. */
  add(request: ModbusRequest): void {
    if (this.size * 2 >= this.places.length && this.places.length < IDS) this.grow();
    const mask = this.places.length - 1;
    while (this.places[this.nextId & mask] !== undefined) this.nextId = (this.nextId + 1) % IDS;
    request.wire = this.nextId;
    request.order = ++this.sent;
    this.places[this.nextId & mask] = request;
    this.nextId = (this.nextId + 1) % IDS;
    this.size += 1;
  }

  get(wire: number): ModbusRequest | undefined {
    const request = this.places[wire & (this.places.length - 1)];
    return request?.wire === wire ? request : undefined;
  }

  remove(request: ModbusRequest): void {
    const place = request.wire & (this.places.length - 1);
    if (this.places[place] !== request) return;
    this.places[place] = undefined;
    this.size -= 1;
  }

  /** All of them, the oldest first. */
  list(): ModbusRequest[] {
    if (this.size === 0) return [];
    const all: ModbusRequest[] = [];
    for (const request of this.places) if (request !== undefined) all.push(request);
    return all.sort((a, b) => a.order - b.order);
  }

  clear(): void {
    this.places = emptyPlaces(PLACES_FIRST);
    this.size = 0;
  }

  /** Twice the places: what had one of its own has one again. */
  private grow(): void {
    const places = emptyPlaces(this.places.length * 2);
    for (const request of this.places) {
      if (request !== undefined) places[request.wire & (places.length - 1)] = request;
    }
    this.places = places;
  }
}

function emptyPlaces(count: number): (ModbusRequest | undefined)[] {
  return new Array<ModbusRequest | undefined>(count).fill(undefined);
}
