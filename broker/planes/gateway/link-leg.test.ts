import { expect, test } from "vitest";
import type { LegSink } from "../../legs/leg.ts";
import { WINDOW } from "../messages.ts";
import { LinkLeg } from "./link-leg.ts";

function leg() {
  const heard: number[] = [];
  const sent: number[] = [];
  const ends: string[] = [];
  const linkLeg = new LinkLeg({ send: (bytes) => sent.push(bytes.length), credit: () => {} });
  const sink: LegSink = {
    bytes: (bytes) => heard.push(...bytes),
    closed: (reason) => ends.push(reason),
    ...{ lost: () => {}, withheld: () => {}, drained: () => {} },
  };
  linkLeg.start(sink);
  return { linkLeg, heard, sent, ends };
}

test("what a client said before it went is heard before that it went", () => {
  const { linkLeg, heard, ends } = leg();
  linkLeg.pause();
  linkLeg.received(Uint8Array.of(1));
  linkLeg.received(Uint8Array.of(2));
  linkLeg.gone("it closed");
  expect([heard, ends]).toEqual([[], []]);
  linkLeg.resume();
  expect([heard, ends]).toEqual([[1, 2], ["it closed"]]);
});

test("while the lease is out nothing passes in either direction", () => {
  const { linkLeg, heard, sent } = leg();
  linkLeg.hold(true);
  linkLeg.received(Uint8Array.of(1));
  linkLeg.write(Uint8Array.of(2, 3));
  expect([heard, sent]).toEqual([[], []]);
  linkLeg.hold(false);
  expect([heard, sent]).toEqual([[1], [2]]);
});

test("no more than the window is on its way, and a client that sends more than it may is cut", () => {
  const { linkLeg, sent, ends } = leg();
  for (let n = 0; n < 8; n++) linkLeg.write(new Uint8Array(WINDOW / 4));
  expect(sent).toHaveLength(4);
  linkLeg.credit(WINDOW / 4);
  expect(sent).toHaveLength(5);
  linkLeg.pause();
  for (let n = 0; n < 48 && ends.length === 0; n++) linkLeg.received(new Uint8Array(WINDOW));
  expect(ends).toEqual(["the client sent more than it may"]);
});
