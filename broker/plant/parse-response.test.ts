import { expect, test } from "vitest";
import { plantWords } from "./change-words.ts";
import { parsePlant } from "./parse-plant.ts";

const PLANT = `site: { id: s, name: Site, time-zone: Europe/Vienna }
zones:
  - { id: cell, name: Cell, level: 1, sl-t: 3 }
assets: []
`;

function plantWith(more: string) {
  const result = parsePlant(`${PLANT}${more}\n`, "plant.yaml");
  if (result.kind !== "plant") throw new Error(JSON.stringify(result.problems));
  return result.plant;
}

function problemOf(rule: string): string {
  const result = parsePlant(`${PLANT}responses: [${rule}]\n`, "plant.yaml");
  return result.kind === "plant" ? "" : result.problems.map(({ message }) => message).join("; ");
}

const ODD = "id: odd, findings: [value, change-rate], answer-within: 10m, unanswered: end";

test("a rule says which findings it answers, where, and what happens unanswered", () => {
  expect(plantWith("").responses).toEqual([]);
  expect(plantWith(`responses: [{ ${ODD}, zone: cell, people-max: 5 }]`).responses).toEqual([
    {
      ...{ id: "odd", findings: ["value", "change-rate"], zone: "cell" },
      ...{ answerWithinMs: 600_000, unanswered: "end", peopleMax: 5, trial: false },
    },
  ]);
  expect(plantWith(`responses: [{ ${ODD} }]`).responses).toMatchObject([{ peopleMax: 3 }]);
});

test.each([
  [ODD.replace("value, ", "valu, "), "valu"],
  [`${ODD}, zone: nowhere`, 'there is no zone "nowhere"'],
  [ODD.replace(", unanswered: end", ""), "unanswered"],
  [ODD.replace("10m", "10s"), "10s"],
  [`${ODD}, people-max: 1000`, "1000"],
  [`${ODD}, do: nothing`, "do"],
  [ODD.replace("[value, change-rate]", "[]"), "this list needs at least 1 item"],
])("%s is refused", (rule, why) => {
  expect(problemOf(`{ ${rule} }`)).toContain(why);
});

test("two rules of one name are refused, and a change of one is told in words", () => {
  expect(problemOf(`{ ${ODD} }, { ${ODD} }`)).toContain('response "odd" exists already');
  const { changes } = plantWords(
    plantWith(`responses: [{ ${ODD} }]`),
    plantWith(`responses: [{ ${ODD.replace("end", "stay")} }]`),
  );
  expect(changes).toEqual([
    { kind: "response", id: "odd", change: "changed", says: "unanswered: end → stay" },
  ]);
});
