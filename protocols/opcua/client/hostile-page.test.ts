/**
 * A page speaks to the guard without a leg of the library between: whatever a hostile one sends in
 * the place of requests, the asset hears nothing of it.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { GuardDriver } from "../../../test/kit/guard-driver.ts";
import { namespaces } from "../../../test/kit/opcua-messages.ts";
import { encodeFrame, LEG } from "../frame.ts";
import { OpcUaGuard } from "../guard.ts";
import { Reader } from "../reader.ts";
import { readAnswer } from "./answers.ts";
import { OpcUaClient } from "./client.ts";
import { browseRequest, readRequest } from "./requests.ts";

const NODE = { namespace: 1, id: "s=Speed" };
const PERMIT = { kind: "permit" } as const;

function opened() {
  const driver = new GuardDriver(new OpcUaGuard(), ({ items }) => items.map(() => PERMIT));
  driver.bytes("asset", namespaces(["urn:asset", "urn:plant"]));
  return driver;
}

/** What the leg of a native client keeps for itself (Part 4): sessions, channels, discovery. */
const OF_LEGS = [
  ...[446, 452, 461, 467, 473, 422, 428, 437, 12_210],
  ...[LEG.namespaces, LEG.aged, LEG.expired],
];

test.each(OF_LEGS)("message %i says nothing to the asset and changes nothing", (typeId) => {
  const driver = opened();
  const client = new OpcUaClient();
  const { bytes } = client.request({ typeId, answer: typeId + 3, write: () => undefined }, 0);
  driver.bytes("client", bytes);
  expect(driver.sent("asset")).toEqual([]);
  const asked = client.request(readRequest([{ node: NODE, attribute: 13 }]), 0);
  driver.bytes("client", asked.bytes);
  expect(driver.sent("asset")).toHaveLength(1);
});

test("a token in the place where the leg puts its own is refused, and so is a name for nothing", () => {
  const driver = opened();
  const { bytes } = new OpcUaClient().request(browseRequest([], 0), 0);
  driver.bytes("client", bytes);
  const forged = Uint8Array.from(bytes);
  forged[12] = 1;
  forged[4] = 99;
  driver.bytes("client", forged);
  expect(driver.sent("asset")).toEqual([]);
});

test("any bytes are answered or end the channel, and never throw", () => {
  const body = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 900 }), body, (typeId, bytes) => {
      const driver = opened();
      driver.bytes("client", encodeFrame({ requestId: 1, typeId, body: bytes }));
      // Nothing so short says anything that could leave, but for services without parameters.
      expect(driver.sent("asset").length).toBeLessThanOrEqual(1);
    }),
  );
});

test("whatever an asset answers, the page reads it to its end or finds its fault", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const reader = new Reader(bytes);
      readAnswer(reader);
      reader.finish();
      expect(reader.fault === undefined ? reader.at : bytes.length).toBe(bytes.length);
    }),
  );
});
