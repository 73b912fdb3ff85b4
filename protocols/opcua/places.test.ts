/** Where nodes lie and which ids are one method, as the guard asks for it and then decides. */
import { expect, test } from "vitest";
import { GuardedAsset, isWithin, PLANT, said } from "../../test/kit/opcua-asset.ts";
import * as m from "../../test/kit/opcua-messages.ts";
import { encodeFrame, LEG, type OpcUaFrame } from "./frame.ts";
import { OpcUaGuard } from "./guard.ts";

const PUMPS = `nsu=${PLANT};s=Pumps`;
const BROWSE = 527;
const [OBJECT, METHOD] = [1, 4];

type Found = readonly [node: string, name: string, nodeClass: number];

function found(id: number, results: readonly (readonly Found[])[], status = 0): Uint8Array {
  const body = m.responseHeader().array(results, (words, references) =>
    words
      .u32(status)
      .text(undefined)
      .array(references, (each, [node, name, nodeClass]) =>
        each.node("0:i:35").u8(1).node(node).u16(2).text(name).u8(0).u32(nodeClass).node("0:i:0"),
      ),
  );
  return m.frame(id, 530, body.u32(0));
}

const parent = (node: string): readonly Found[] => [[node, "up", OBJECT]];
const operations = (asset: GuardedAsset) =>
  asset.asked.filter(({ action }) => action !== "opcua:locate");

/** Speed lies in P101, that in Pumps; Level in Objects. */
function located(asset: GuardedAsset): void {
  asset.answers((id) => found(id, [parent("2:s:P101"), parent("0:i:85")]));
  asset.answers((id) => found(id, [parent("2:s:Pumps")]));
  asset.answers((id) => found(id, [parent("0:i:85")]));
}

test("a reading waits until it is known below which place its nodes lie, once for all of them", () => {
  const asset = new GuardedAsset([PUMPS]);
  asset.client(m.read(1, ["2:s:Speed", "2:s:Level"]));
  expect(asset.last().typeId).toBe(BROWSE);
  located(asset);
  expect(asset.last().typeId).toBe(631);
  expect(operations(asset)).toMatchObject([
    { node: `nsu=${PLANT};s=Speed`, within: PUMPS },
    { node: `nsu=${PLANT};s=Level` },
  ]);
  expect(operations(asset)[1]).not.toHaveProperty("within");
  const before = asset.received().length;
  asset.client(m.read(2, ["2:s:Level", "2:s:Speed"]));
  expect(asset.received()).toHaveLength(before + 1);
});

test("what the asset does not tell is unplaced, and nothing is asked without a place to ask for", () => {
  const asset = new GuardedAsset([PUMPS]);
  asset.client(m.read(1, ["2:s:Speed"]));
  asset.answers((id) => found(id, [[]], 0x8034_0000));
  expect(operations(asset)).toMatchObject([{ unplaced: true }]);
  asset.client(m.write(2, [["2:s:Flow", 1]]));
  asset.answers((id) => m.fault(id, 0x8010_0000));
  expect(operations(asset).at(-1)).toMatchObject({ action: "opcua:write", unplaced: true });
  asset.client(m.write(3, [["2:s:Power", 1]]));
  const request = asset.last().requestId;
  asset.driver.feed({ kind: "event", event: { kind: "timeout", request } });
  expect(operations(asset).at(-1)).toMatchObject({ action: "opcua:write", unplaced: true });
  const plain = new GuardedAsset([]);
  plain.client(m.read(1, ["2:s:Speed"]));
  expect(plain.last().typeId).toBe(631);
});

test("an asset whose nodes hold each other in a ring is no endless question", () => {
  const asset = new GuardedAsset([PUMPS]);
  asset.client(m.read(1, ["2:s:A"]));
  asset.answers((id) => found(id, [parent("2:s:B")]));
  asset.answers((id) => found(id, [parent("2:s:A")]));
  expect(asset.last().typeId).toBe(631);
});

test("an asset that names ever new holders is asked a bounded number of times", () => {
  const asset = new GuardedAsset([PUMPS]);
  asset.client(m.read(1, ["2:s:N0"]));
  let asked = 0;
  while (asset.last().typeId === BROWSE) {
    asked += 1;
    asset.answers((id) => found(id, [parent(`2:s:N${asked}`)]));
  }
  expect(asked).toBeLessThan(1_000);
  expect(operations(asset)).toMatchObject([{ unplaced: true }]);
});

test("what was learnt is asked for again when it has aged", () => {
  const asset = new GuardedAsset([PUMPS]);
  asset.client(m.read(1, ["2:s:Speed"]));
  asset.answers((id) => found(id, [parent("2:s:Pumps")]));
  asset.answers((id) => found(id, [parent("0:i:85")]));
  const aged = encodeFrame({ requestId: 1, typeId: LEG.aged, body: new Uint8Array(0) });
  asset.driver.bytes("asset", aged);
  asset.client(m.read(2, ["2:s:Speed"]));
  expect(asset.last().typeId).toBe(BROWSE);
  asset.answers((id) => found(id, [parent("2:s:Tanks")]));
  asset.answers((id) => found(id, [parent("0:i:85")]));
  expect(operations(asset).at(-1)).not.toHaveProperty("within");
});

/** P101 is of PumpType, that of MachineType, which has Stop of its own. */
function typed(asset: GuardedAsset): void {
  const stop = (node: string): Found => [node, "Stop", METHOD];
  asset.answers((id) => found(id, [parent("2:s:PumpType"), [stop("2:s:P101.Stop")]]));
  asset.answers((id) => found(id, [parent("2:s:MachineType"), []]));
  asset.answers((id) => found(id, [[], [stop("2:s:Machine.Stop")]]));
}

test("a method is the same by its id on the object and by that of a type above", () => {
  const asset = new GuardedAsset([]);
  asset.client(m.call(1, [["2:s:P101", "2:s:Machine.Stop"]]));
  typed(asset);
  const ids = { method: `nsu=${PLANT};s=Machine.Stop`, same: `nsu=${PLANT};s=P101.Stop` };
  expect(operations(asset)).toMatchObject([{ action: "opcua:call", ...ids }]);
  expect(asset.last().typeId).toBe(712);
  asset.client(m.call(2, [["2:s:P101", "2:s:Other"]]));
  expect(operations(asset).at(-1)).toMatchObject({ unresolved: true });
});

test("a method of a file is one under whatever id it is called", () => {
  const asset = new GuardedAsset([]);
  asset.client(m.call(1, [["2:s:Recipe", "2:s:Recipe.Open"]]));
  asset.answers((id) => found(id, [parent("0:i:11575"), [["2:s:Recipe.Open", "Open", METHOD]]]));
  asset.answers((id) => found(id, [[], [["0:i:11580", "Open", METHOD]]]));
  expect(operations(asset)).toMatchObject([
    { action: "opcua:file", class: "transfer", name: "Open" },
  ]);
});

test("who may not even look is told nothing, and what nobody looked up stays unknown", () => {
  const asset = new GuardedAsset([PUMPS]);
  asset.denied.add(`nsu=${PLANT};s=Speed`);
  asset.client(m.read(1, ["2:s:Speed"]));
  expect(asset.received()).toEqual([]);
  expect(operations(asset)).toMatchObject([{ unplaced: true }]);
});

test("the client waits behind a question, and the tape runs again to the same", () => {
  const asset = new GuardedAsset([PUMPS]);
  asset.client(m.read(1, ["2:s:Speed", "2:s:Level"]));
  asset.client(m.write(2, [["2:s:Level", 1]]));
  expect(asset.received()).toHaveLength(1);
  located(asset);
  expect(asset.received().map(({ typeId }) => typeId)).toEqual([BROWSE, BROWSE, BROWSE, 631, 673]);
  const again = new OpcUaGuard([PUMPS]);
  const effects = asset.driver.inputs.flatMap((input) => [...again.step(input)]);
  expect(effects).toEqual(asset.driver.effects);
  asset.answers((id) => m.statuses(id, 676, [0]));
  expect(said(asset.told()[0] as OpcUaFrame).status).toBe(0);
  expect(isWithin(asset.last().body, "Level")).toBe(true);
});
