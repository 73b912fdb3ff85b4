/** Ways around a filter by subscriptions, each as what the asset and the client then see. */
import { describe, expect, test } from "vitest";
import {
  frameOf,
  GuardedAsset,
  isWithin,
  PLANT,
  SAFETY,
  said,
  words,
} from "../../test/kit/opcua-asset.ts";
import * as m from "../../test/kit/opcua-messages.ts";
import type { OpcUaFrame } from "./frame.ts";
import { STATUS } from "./status.ts";

describe("subscriptions", () => {
  function subscribed(asset: GuardedAsset): void {
    asset.client(m.createSubscription(1));
    asset.answers((id) => m.subscribed(id, 40));
    asset.client(
      m.monitor(2, 40, [
        ["2:s:Speed", 1],
        ["2:s:Safety", 2],
        ["2:s:Level", 3],
      ]),
    );
    asset.answers((id) => m.monitored(id, [501, 502]));
  }

  test("a monitored item is a reading: a denied node gets none", () => {
    const asset = new GuardedAsset();
    subscribed(asset);
    expect(asset.received().some(({ body }) => isWithin(body, "Safety"))).toBe(false);
    expect(asset.asked).toContainEqual(
      expect.objectContaining({ action: "opcua:subscribe", node: SAFETY }),
    );
  });

  test("notifications pass untouched while everything in them is permitted", () => {
    const asset = new GuardedAsset();
    subscribed(asset);
    asset.client(m.publish(3));
    let sent = new Uint8Array();
    asset.answers((id) => {
      sent = new Uint8Array(
        m.published(id, 40, [
          [1, 10],
          [3, 30],
        ]),
      );
      return sent;
    });
    const passed = asset.told().at(-1) as OpcUaFrame;
    expect(said(passed).rest).toEqual(said(frameOf(sent)).rest);
  });

  test("a lost right leaves the item out at once and deletes it at the asset", () => {
    const asset = new GuardedAsset();
    subscribed(asset);
    asset.client(m.publish(3));
    const publishing = asset.last().requestId;
    asset.denied.add(`nsu=${PLANT};s=Speed`);
    asset.driver.feed({
      kind: "event",
      event: { kind: "capabilities", capabilities: new Set(["observe"]) },
    });
    expect(asset.last().typeId).toBe(781);
    expect(asset.last().body.subarray(29)).toEqual(words((out) => out.u32(40).u32(1).u32(501)));
    asset.driver.bytes(
      "asset",
      m.published(publishing, 40, [
        [1, 10],
        [3, 30],
      ]),
    );
    const { rest } = said(asset.told().at(-1) as OpcUaFrame);
    const bytes = Buffer.from(rest);
    expect(bytes.includes(Buffer.from(words((out) => out.double(10))))).toBe(false);
    expect(bytes.includes(Buffer.from(words((out) => out.double(30))))).toBe(true);
  });

  test("an item that begins after its right was lost is deleted as well", () => {
    const asset = new GuardedAsset();
    subscribed(asset);
    asset.client(m.monitor(8, 40, [["2:s:Flow", 9]]));
    const creating = asset.last().requestId;
    asset.denied.add(`nsu=${PLANT};s=Flow`);
    asset.driver.feed({
      kind: "event",
      event: { kind: "capabilities", capabilities: new Set(["observe"]) },
    });
    asset.driver.bytes("asset", m.monitored(creating, [777]));
    expect(asset.last().typeId).toBe(781);
    expect(asset.last().body.subarray(29)).toEqual(words((out) => out.u32(40).u32(1).u32(777)));
  });

  const deliveredTo = (asset: GuardedAsset, value: number) => {
    const { rest } = said(asset.told().at(-1) as OpcUaFrame);
    return Buffer.from(rest).includes(Buffer.from(words((out) => out.double(value))));
  };

  test("an item that was lost on its way delivers nothing, the others do", () => {
    const asset = new GuardedAsset();
    subscribed(asset);
    asset.client(m.publish(3));
    const publishing = asset.last().requestId;
    asset.client(m.monitor(4, 40, [["2:s:Flow", 9]]));
    const request = asset.last().requestId;
    asset.driver.feed({ kind: "event", event: { kind: "timeout", request } });
    asset.driver.bytes(
      "asset",
      m.published(publishing, 40, [
        [1, 10],
        [9, 90],
      ]),
    );
    expect(deliveredTo(asset, 10)).toBe(true);
    expect(deliveredTo(asset, 90)).toBe(false);
  });

  test("a number that an item was to get is shut with it", () => {
    const asset = new GuardedAsset();
    subscribed(asset);
    asset.client(m.publish(3));
    const publishing = asset.last().requestId;
    const item = m.requestHeader(4).u32(40).u32(2).u32(1).u32(501);
    asset.client(m.frame(4, 763, item.u32(77).double(100).u8(0, 0, 0).u32(10).u8(1)));
    expect(asset.last().typeId).toBe(763);
    asset.denied.add(`nsu=${PLANT};s=Speed`);
    asset.driver.feed({
      kind: "event",
      event: { kind: "capabilities", capabilities: new Set(["observe"]) },
    });
    asset.driver.bytes(
      "asset",
      m.published(publishing, 40, [
        [77, 10],
        [3, 30],
      ]),
    );
    expect(deliveredTo(asset, 10)).toBe(false);
    expect(deliveredTo(asset, 30)).toBe(true);
  });

  test("notifications of a subscription that is not this session's are emptied", () => {
    const asset = new GuardedAsset();
    subscribed(asset);
    asset.client(m.publish(3));
    asset.answers((id) => m.published(id, 41, [[1, 10]]));
    const { rest } = said(asset.told().at(-1) as OpcUaFrame);
    expect(Buffer.from(rest).includes(Buffer.from(words((out) => out.double(10))))).toBe(false);
  });

  test("triggers, deletions and transfers reach only what this session has", () => {
    const asset = new GuardedAsset();
    subscribed(asset);
    const before = asset.received().length;
    asset.client(m.setTriggering(4, 40, 501, [900]));
    expect(said(asset.told().at(-1) as OpcUaFrame).status).toBe(STATUS.badMonitoredItemIdInvalid);
    asset.client(m.setTriggering(5, 41, 501, [502]));
    expect(said(asset.told().at(-1) as OpcUaFrame).status).toBe(STATUS.badSubscriptionIdInvalid);
    asset.client(m.ofItems(6, 781, 40, [900]));
    asset.client(m.transfer(7, [41]));
    const { rest } = said(asset.told().at(-1) as OpcUaFrame);
    const wanted = words((out) => out.u32(1).u32(STATUS.badSubscriptionIdInvalid).u32(-1).u32(-1));
    expect(rest).toEqual(wanted);
    expect(asset.received()).toHaveLength(before);
  });

  test("a filter of events looks at events alone, at no other node", () => {
    const binary = (type: number, body: m.Words) => {
      const bytes = body.bytes();
      return new m.Words().u8(1, 0).u16(type).u8(1).u32(bytes.length).raw(bytes);
    };
    const literal = binary(597, new m.Words().u8(6).u32(500));
    const field = binary(603, new m.Words().node("0:i:2041").u32(0).u32(13).text(undefined));
    const other = binary(
      600,
      new m.Words().node("2:s:Safety").text(undefined).u32(0).u32(13).text(undefined),
    );
    const watching = (operator: number, operands: readonly m.Words[]) => {
      const where = new m.Words().u32(0).u32(1).u32(operator);
      const filter = binary(
        727,
        where.array(operands, (words, each) => words.raw(each.bytes())),
      );
      const item = m.requestHeader(9).u32(40).u32(2).u32(1).node("0:i:2253").u32(12);
      const target = item.text(undefined).u16(0).text(undefined).u32(2).u32(1).double(0);
      return m.frame(9, 751, target.raw(filter.bytes()).u32(10).u8(1));
    };
    const [GREATER, IN_VIEW, RELATED_TO] = [2, 13, 15];
    const refused = [
      watching(GREATER, [other, literal]),
      watching(IN_VIEW, [literal]),
      watching(RELATED_TO, [literal, literal]),
    ];
    for (const request of refused) {
      const asset = new GuardedAsset();
      subscribed(asset);
      const before = asset.received().length;
      asset.client(request);
      expect(asset.received().length).toBe(before);
      const { rest } = said(asset.told().at(-1) as OpcUaFrame);
      const nothing = (out: m.Words) => out.u32(0).double(0).u32(0).u16(0).u8(0);
      const { badMonitoredItemFilterUnsupported } = STATUS;
      const refusal = (out: m.Words) => nothing(out.u32(badMonitoredItemFilterUnsupported));
      expect(rest).toEqual(words((out) => refusal(out.u32(1)).u32(-1)));
    }
    const asset = new GuardedAsset();
    subscribed(asset);
    asset.client(watching(GREATER, [field, literal]));
    expect(asset.last().typeId).toBe(751);
  });
});
