import { expect, test } from "vitest";
import type { Reference } from "../../../protocols/opcua/client/answers.ts";
import type { NodeId } from "../../../protocols/opcua/node-id.ts";
import { type SurveyParts, sheetOf, survey, tagNameOf, VARIABLES_MAX } from "./survey.ts";

const at = (id: string, namespace = 2): NodeId => ({ namespace, id: `s=${id}` });

function reference(
  id: string,
  nodeClass: number,
  more: Partial<Reference["node"]> = {},
): Reference {
  const node = { ...at(id), server: 0, ...more };
  const organizes = { namespace: 0, id: "i=35" };
  return {
    ...{ reference: organizes, isForward: true, node, nodeClass },
    ...{ browseName: id, displayName: id, typeDefinition: { ...organizes, server: 0 } },
  };
}

/** Which nodes lead to which. */
function parts(
  below: Readonly<Record<string, readonly Reference[]>>,
  more: Partial<SurveyParts> = {},
) {
  const asked: string[] = [];
  const made: SurveyParts = {
    browse: async ({ id }) => {
      asked.push(id.slice(2));
      return { references: below[id.slice(2)] ?? [], problem: undefined };
    },
    nameOf: ({ namespace, id }) => (namespace === 2 ? `nsu=urn:x;${id}` : undefined),
    isKnown: () => false,
    goOn: () => true,
    ...more,
  };
  return { asked, parts: made };
}

const start = { node: at("Pump"), name: "Pump", nodeClass: 1 };

test("variables below an object become rows by their way; methods, circles and the server's own do not", async () => {
  const { asked, parts: given } = parts({
    Pump: [
      reference("Speed", 2),
      reference("Motor 1", 1),
      reference("Start", 4),
      reference("i", 2, { namespace: 0 }),
      reference("far", 2, { server: 1 }),
      { ...reference("EURange", 2), reference: { namespace: 0, id: "i=46" } },
    ],
    "Motor 1": [reference("Speed2", 2), reference("Pump", 1), reference("Speed", 2)],
  });
  const { rows, isPart } = await survey(start, given);
  expect(rows).toEqual([
    { name: "Speed", node: "nsu=urn:x;s=Speed" },
    { name: "Motor_1.Speed2", node: "nsu=urn:x;s=Speed2" },
  ]);
  expect(isPart).toBe(false);
  expect(asked).toEqual(["Pump", "Speed", "Motor 1", "Speed2"]);
});

test("what the plant file names already is left out, and two of one name are told apart", async () => {
  const { parts: given } = parts(
    {
      Pump: [reference("A b", 2), reference("A-b", 2), reference("A_b", 2), reference("known", 2)],
    },
    { isKnown: ({ id }) => id === "s=known" },
  );
  const { rows } = await survey(start, given);
  expect(rows.map(({ name }) => name)).toEqual(["A_b", "A-b", "A_b-2"]);
});

test("an endless server ends at the bound, and a person can end it before", async () => {
  let n = 0;
  const endless = async () => {
    const references = Array.from({ length: 100 }, () => reference(`v${n++}`, 2));
    return { references, problem: undefined };
  };
  const all = await survey(start, parts({}, { browse: endless }).parts);
  expect([all.isPart, all.rows.length]).toEqual([true, VARIABLES_MAX]);
  const ended = await survey(
    start,
    parts({}, { browse: endless, goOn: (found) => found < 100 }).parts,
  );
  expect([ended.isPart, ended.rows.length]).toEqual([true, 100]);
});

test("hostile names make plain names of tags, and cells stay cells", () => {
  expect(tagNameOf(["=cmd|' /C calc'!A0"])).toBe("cmd_C_calc_A0");
  expect(tagNameOf(["\u202e", "…"])).toBe("Node");
  expect(tagNameOf(["x".repeat(200)])).toHaveLength(64);
  expect(sheetOf([{ name: "A", node: 'nsu=urn:x;s="q",z' }])).toBe(
    'name,node\n"A","nsu=urn:x;s=""q"",z"',
  );
});
