/** A guard of OPC UA with an asset behind it, as tests of ways around it see them. */
import type { Answer, Operation } from "../../protocols/guard.ts";
import { cutFrame, type OpcUaFrame } from "../../protocols/opcua/frame.ts";
import { OpcUaGuard } from "../../protocols/opcua/guard.ts";
import { readResponseHeader } from "../../protocols/opcua/header.ts";
import { Reader } from "../../protocols/opcua/reader.ts";
import { type Decide, GuardDriver } from "./guard-driver.ts";
import * as m from "./opcua-messages.ts";

export const PLANT = "http://plant.example/pumps";
export const SAFETY = `nsu=${PLANT};s=Safety`;
const DENY: Answer = { kind: "deny", refusal: "address" };

/** Denies all that touches the safety node, and what else the test denies at the moment. */
export class GuardedAsset {
  readonly driver: GuardDriver;
  readonly asked: Operation[] = [];
  readonly denied = new Set([SAFETY]);
  readonly held = new Set<string>();

  /** @param places of which rules speak; the guard asks for none without */
  constructor(places?: readonly string[]) {
    this.driver = new GuardDriver(new OpcUaGuard(places), (decide) => this.judge(decide));
    this.driver.bytes("asset", m.namespaces(["urn:asset", PLANT]));
  }

  client(bytes: Uint8Array): void {
    this.driver.bytes("client", bytes);
  }

  /** Answers the last message that reached it. */
  answers(make: (id: number) => Uint8Array): void {
    this.driver.bytes("asset", make(this.last().requestId));
  }

  last(): OpcUaFrame {
    const frame = this.received().at(-1);
    if (!frame) throw new Error("nothing reached the asset");
    return frame;
  }

  received(): readonly OpcUaFrame[] {
    return this.driver.sent("asset").map(({ bytes }) => frameOf(bytes));
  }

  told(): readonly OpcUaFrame[] {
    return this.driver.sent("client").map(({ bytes }) => frameOf(bytes));
  }

  private judge({ items }: Decide): readonly Answer[] {
    this.asked.push(...items);
    return items.map((item): Answer => {
      const node = "node" in item ? String(item.node) : "";
      if (this.denied.has(node)) return DENY;
      return this.held.has(node) ? { kind: "hold" } : { kind: "permit" };
    });
  }
}

export function frameOf(bytes: Uint8Array): OpcUaFrame {
  const cut = cutFrame(bytes);
  if (cut.kind !== "frame") throw new Error(cut.kind);
  return cut.frame;
}

/** What an answer says: its service result, and the bytes behind the header. */
export function said({ body }: OpcUaFrame): { readonly status: number; readonly rest: Uint8Array } {
  const r = new Reader(body);
  const { serviceResult, end } = readResponseHeader(r);
  return { status: serviceResult, rest: body.subarray(end) };
}

export function isWithin(whole: Uint8Array, text: string): boolean {
  return Buffer.from(whole).includes(text);
}

export function words(write: (words: m.Words) => m.Words): Uint8Array {
  return write(new m.Words()).bytes();
}

export const refusedValue = (status: number) => (out: m.Words) => out.u8(0x02).u32(status);
