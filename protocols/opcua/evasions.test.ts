/** Ways around a filter that PROTOCOLS knows of, each as what the asset and the client then see. */
import { describe, expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import {
  frameOf,
  GuardedAsset,
  isWithin,
  PLANT,
  refusedValue,
  SAFETY,
  said,
  words,
} from "../../test/kit/opcua-asset.ts";
import * as m from "../../test/kit/opcua-messages.ts";
import { encodeFrame, type OpcUaFrame } from "./frame.ts";
import { OpcUaGuard } from "./guard.ts";
import { STATUS } from "./status.ts";

describe("requests of many items", () => {
  test("the denied one of a mixed reading stays here, and each result keeps its place", () => {
    const asset = new GuardedAsset();
    asset.client(m.read(5, ["2:s:Speed", "2:s:Safety", "2:s:Level"]));
    expect(isWithin(asset.last().body, "Safety")).toBe(false);
    expect(isWithin(asset.last().body, "Level")).toBe(true);
    asset.answers((id) => m.values(id, [1.5, 2.5]));
    const { status, rest } = said(asset.told()[0] as OpcUaFrame);
    expect(status).toBe(0);
    const wanted = words((out) => {
      out.u32(3).u8(1, 11).double(1.5);
      refusedValue(STATUS.badUserAccessDenied)(out);
      return out.u8(1, 11).double(2.5).u32(-1);
    });
    expect(rest).toEqual(wanted);
  });

  test("the denied one that is the last of 2,001 does not slip through", () => {
    const asset = new GuardedAsset();
    const many = Array.from({ length: 2000 }, (_, i) => `2:s:Node${i}`);
    asset.client(m.read(1, [...many, "2:s:Safety"]));
    expect(isWithin(asset.last().body, "Safety")).toBe(false);
    expect(new DataView(asset.last().body.buffer).getUint32(12 + 29 + 12, true)).toBe(2000);
  });

  test("a write of denied nodes alone never reaches the asset", () => {
    const asset = new GuardedAsset();
    asset.client(m.write(1, [["2:s:Safety", 1]]));
    expect(asset.received()).toEqual([]);
    const { rest } = said(asset.told()[0] as OpcUaFrame);
    const wanted = words((out) => out.u32(1).u32(STATUS.badUserAccessDenied).u32(-1));
    expect(rest).toEqual(wanted);
  });

  test("a text that some servers end early is no node: nobody is asked and nothing leaves", () => {
    const asset = new GuardedAsset();
    const odd = ["Speed\u0000", "Safety\u0000.x", "Speed\n", "Speed\u0085"];
    asset.client(
      m.write(
        1,
        odd.map((id) => [`2:s:${id}`, 1]),
      ),
    );
    expect(asset.asked).toEqual([]);
    expect(asset.received()).toEqual([]);
    const { rest } = said(asset.told()[0] as OpcUaFrame);
    const unknown = (out: m.Words) => out.array(odd, (each) => each.u32(STATUS.badNodeIdUnknown));
    expect(rest).toEqual(words((out) => unknown(out).u32(-1)));
  });

  test("the numeric encodings of one id are one node", () => {
    const asset = new GuardedAsset();
    asset.denied.add("i=85");
    const tail = (out: m.Words) => out.u32(13).text(undefined).u16(0).text(undefined);
    const encodings = [
      (out: m.Words) => out.u8(0, 85),
      (out: m.Words) => out.u8(1, 0).u16(85),
      (out: m.Words) => out.u8(2).u16(0).u32(85),
    ];
    const body = m.requestHeader(1).double(0).u32(2);
    asset.client(
      m.frame(
        1,
        631,
        body.array(encodings, (out, write) => tail(write(out))),
      ),
    );
    expect(asset.asked.map((item) => ("node" in item ? item.node : ""))).toEqual(["i=85"]);
    expect(asset.received()).toEqual([]);
  });

  test("a second number for a request that is open ends the channel", () => {
    const asset = new GuardedAsset();
    asset.client(m.publish(7));
    asset.client(m.read(7, ["2:s:Speed"]));
    expect(asset.driver.violations).toHaveLength(1);
  });
});

describe("holds", () => {
  test("the held item waits alone, and the answer is whole once it is settled", () => {
    const asset = new GuardedAsset();
    asset.held.add(`nsu=${PLANT};s=Speed`);
    asset.client(
      m.write(1, [
        ["2:s:Level", 1],
        ["2:s:Speed", 2],
      ]),
    );
    expect(asset.received()).toHaveLength(1);
    expect(isWithin(asset.last().body, "Speed")).toBe(false);
    asset.answers((id) => m.statuses(id, 676, [0]));
    expect(asset.told()).toEqual([]);
    const [held] = asset.driver.held.keys();
    asset.driver.settle(held ?? 0, { kind: "permit" });
    expect(isWithin(asset.last().body, "Speed")).toBe(true);
    asset.answers((id) => m.statuses(id, 676, [0x8074_0000]));
    const { rest } = said(asset.told()[0] as OpcUaFrame);
    expect(rest).toEqual(words((out) => out.u32(2).u32(0).u32(0x8074_0000).u32(-1)));
  });

  test("later changes wait behind a held one, readings do not", () => {
    const asset = new GuardedAsset();
    asset.held.add(`nsu=${PLANT};s=Speed`);
    asset.client(m.write(1, [["2:s:Speed", 2]]));
    asset.client(m.write(2, [["2:s:Level", 3]]));
    asset.client(m.read(3, ["2:s:Level"]));
    expect(asset.received().map(({ typeId }) => typeId)).toEqual([631]);
    const [held] = asset.driver.held.keys();
    asset.driver.settle(held ?? 0, { kind: "deny", refusal: "value" });
    expect(asset.received().map(({ typeId }) => typeId)).toEqual([631, 673]);
  });

  test("a request that the client gave up on is answered BadTimeout and never sent", () => {
    const asset = new GuardedAsset();
    asset.held.add(`nsu=${PLANT};s=Speed`);
    asset.client(m.write(1, [["2:s:Speed", 2]]));
    asset.client(m.expired(1));
    expect(said(asset.told()[0] as OpcUaFrame).status).toBe(STATUS.badTimeout);
    const [held] = asset.driver.held.keys();
    asset.driver.settle(held ?? 0, { kind: "permit" });
    expect(asset.received()).toEqual([]);
  });
});

describe("short names", () => {
  test("an alias of a denied node is denied like the node", () => {
    const asset = new GuardedAsset();
    asset.denied.clear();
    asset.client(m.register(1, ["2:s:Safety"]));
    asset.answers((id) => m.registered(id, ["9999:i:1"]));
    asset.denied.add(SAFETY);
    asset.client(m.write(2, [["9999:i:1", 0]]));
    expect(asset.asked.at(-1)).toMatchObject({ action: "opcua:write", node: SAFETY });
    expect(asset.received()).toHaveLength(1);
  });

  test("a denied node gets no short name, and keeps its long one", () => {
    const asset = new GuardedAsset();
    asset.client(m.register(1, ["2:s:Safety", "2:s:Speed"]));
    expect(isWithin(asset.last().body, "Safety")).toBe(false);
    asset.answers((id) => m.registered(id, ["2:i:9"]));
    const { rest } = said(asset.told()[0] as OpcUaFrame);
    expect(rest).toEqual(words((out) => out.u32(2).node("2:s:Safety").node("2:i:9")));
  });
});

describe("short names that nobody has told yet", () => {
  const SPEED = "2:i:100001";

  test("nothing more is taken while short names are given out: one could be guessed", () => {
    const asset = new GuardedAsset();
    asset.denied.add(`nsu=${PLANT};s=Speed`);
    asset.client(m.register(1, ["2:s:Level"]));
    const naming = asset.last().requestId;
    asset.client(m.read(2, [SPEED]));
    expect(asset.received()).toHaveLength(1);
    asset.driver.bytes("asset", m.registered(naming, [SPEED]));
    expect(isWithin(asset.last().body, "Level")).toBe(false);
    expect(asset.received()).toHaveLength(2);
    expect(asset.asked.at(-1)).toMatchObject({ node: `nsu=${PLANT};s=Level` });
  });

  test("what waits for a person keeps its meaning: no name changes under it", () => {
    const asset = new GuardedAsset();
    asset.held.add(`nsu=${PLANT};i=100001`);
    asset.client(m.write(1, [[SPEED, 2]]));
    asset.client(m.register(2, ["2:s:Level"]));
    expect(asset.received()).toEqual([]);
    const { rest } = said(asset.told()[0] as OpcUaFrame);
    expect(rest).toEqual(words((out) => out.u32(1).node("2:s:Level")));
  });

  test("a poll that is repeated to the byte means what its names mean now", () => {
    const asset = new GuardedAsset();
    const poll = (id: number) => {
      asset.client(m.read(id, [SPEED]));
      asset.answers((request) => m.values(request, [1]));
    };
    poll(1);
    poll(2);
    expect(asset.asked.map((item) => "node" in item && item.node)).toEqual([
      `nsu=${PLANT};i=100001`,
      `nsu=${PLANT};i=100001`,
    ]);
    asset.client(m.register(3, ["2:s:Safety", "2:s:Level"]));
    asset.answers((request) => m.registered(request, [SPEED]));
    poll(4);
    expect(asset.asked.at(-1)).toMatchObject({ node: `nsu=${PLANT};s=Level` });
    asset.denied.add(`nsu=${PLANT};s=Level`);
    asset.client(m.read(5, [SPEED]));
    expect(asset.received().filter(({ typeId }) => typeId === 631)).toHaveLength(3);
  });

  test("names that the asset gave and nobody heard end the channel", () => {
    const asset = new GuardedAsset();
    asset.client(m.register(1, ["2:s:Level"]));
    const request = asset.last().requestId;
    asset.driver.feed({ kind: "event", event: { kind: "timeout", request } });
    expect(asset.driver.violations).toHaveLength(1);
  });
});

describe("enumeration", () => {
  test("hidden nodes are left out of what a browse finds", () => {
    const asset = new GuardedAsset();
    asset.client(m.browse(1, ["0:i:85"]));
    asset.answers((id) => m.browsed(id, [["2:s:Speed", "2:s:Safety", "2:s:Level"]]));
    const { rest } = said(asset.told()[0] as OpcUaFrame);
    expect(isWithin(rest, "Safety")).toBe(false);
    expect(isWithin(rest, "Speed") && isWithin(rest, "Level")).toBe(true);
    expect(new DataView(rest.buffer, rest.byteOffset).getUint32(12, true)).toBe(2);
  });

  test("hidden nodes are not found by their path either", () => {
    const asset = new GuardedAsset();
    asset.client(m.translate(1, "0:i:85", "Safety"));
    asset.answers((id) => m.translated(id, ["2:s:Safety"]));
    expect(isWithin(said(asset.told()[0] as OpcUaFrame).rest, "Safety")).toBe(false);
  });

  test("a continuation point goes on with its own browse only", () => {
    const asset = new GuardedAsset();
    asset.client(m.browseNext(1, "stolen"));
    expect(asset.received()).toEqual([]);
    asset.client(m.browse(2, ["0:i:85"]));
    asset.answers((id) => m.browsed(id, [["2:s:Speed"]], "point"));
    asset.denied.add("i=85");
    asset.client(m.browseNext(3, "point"));
    expect(asset.received()).toHaveLength(1);
    asset.denied.delete("i=85");
    asset.client(m.browseNext(4, "point"));
    expect(asset.received()).toHaveLength(2);
  });
});

describe("what nobody may send", () => {
  const faultOf = (asset: GuardedAsset) => said(asset.told().at(-1) as OpcUaFrame).status;

  test("a service that nobody knows is refused and told", () => {
    const asset = new GuardedAsset();
    asset.client(m.frame(1, 0x7777, m.requestHeader(1)));
    expect(faultOf(asset)).toBe(STATUS.badServiceUnsupported);
    expect(asset.driver.effects.some(({ kind }) => kind === "refused")).toBe(true);
  });

  test("bytes behind the end, bad text and a lying count are malformed", () => {
    const asset = new GuardedAsset();
    const behind = m.requestHeader(1).double(0).u32(2).u32(0).u8(1);
    const text = m.requestHeader(2).u32(1).u8(3).u16(2).u32(2).u8(0xc3, 0x28);
    const count = m.requestHeader(3).double(0).u32(2).u32(1_000_000);
    for (const [at, [typeId, body]] of (
      [
        [631, behind],
        [560, text],
        [631, count],
      ] as const
    ).entries()) {
      asset.client(m.frame(at + 1, typeId, body));
      expect(faultOf(asset)).toBe(STATUS.badDecodingError);
    }
    expect(asset.received()).toEqual([]);
  });

  test("a Variant nested without end is malformed, not a crash", () => {
    const asset = new GuardedAsset();
    const body = m.requestHeader(1).u32(1).node("2:s:Speed").u32(13).text(undefined).u8(1);
    for (let i = 0; i < 50_000; i++) body.u8(0x98).u32(1);
    asset.client(m.frame(1, 673, body.u8(1, 1)));
    expect(faultOf(asset)).toBe(STATUS.badDecodingError);
  });

  test("a token of the client's own ends nothing and goes nowhere", () => {
    const asset = new GuardedAsset();
    const frame = frameOf(m.read(1, ["2:s:Speed"]));
    const body = new Uint8Array(frame.body);
    body.set([0, 7]);
    asset.client(encodeFrame({ ...frame, body }));
    expect(asset.received()).toEqual([]);
    expect(faultOf(asset)).toBe(STATUS.badDecodingError);
  });

  test("an asset that renumbers its namespaces ends the channel", () => {
    const asset = new GuardedAsset();
    asset.driver.bytes("asset", m.namespaces(["urn:asset", "urn:other", PLANT]));
    expect(asset.driver.violations).toHaveLength(1);
  });

  test("an answer that nobody waits for ends the channel", () => {
    const asset = new GuardedAsset();
    asset.driver.bytes("asset", m.values(99, [1]));
    expect(asset.driver.violations).toHaveLength(1);
  });

  test("an answer with the wrong number of results is not passed on", () => {
    const asset = new GuardedAsset();
    asset.client(m.read(1, ["2:s:Speed"]));
    asset.answers((id) => m.values(id, [1, 2]));
    const { rest } = said(asset.told()[0] as OpcUaFrame);
    const wanted = words((out) => refusedValue(STATUS.badUnknownResponse)(out.u32(1)).u32(-1));
    expect(rest).toEqual(wanted);
  });
});

test("nothing is taken from the client before the asset has named its namespaces", () => {
  const driver = new GuardDriver(new OpcUaGuard(), ({ items }) =>
    items.map(() => ({ kind: "permit" })),
  );
  driver.bytes("client", m.read(1, ["2:s:Speed"]));
  expect(driver.effects).toEqual([]);
  driver.bytes("asset", m.namespaces(["urn:asset", PLANT]));
  expect(driver.sent("asset")).toHaveLength(1);
});
