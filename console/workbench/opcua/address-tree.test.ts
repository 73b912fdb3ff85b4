import { expect, test } from "vitest";
import type { Reference } from "../../../protocols/opcua/client/answers.ts";
import { nodeIdText } from "../../../protocols/opcua/client/node-text.ts";
import { AddressTree } from "./address-tree.ts";

/** What each node leads to, by the text of its id. `i=85` are the objects. */
const SPACE: Readonly<Record<string, readonly string[]>> = {
  "i=85": ["i=2253", "ns=2;s=Works"],
  "ns=2;s=Works": ["ns=2;s=P101", "ns=2;s=Works"],
  "ns=2;s=P101": ["ns=2;s=P101.Speed"],
  "i=2253": ["i=2256"],
};

function reference(text: string): Reference {
  const namespace = text.startsWith("ns=") ? 2 : 0;
  const id = text.slice(text.indexOf(";") + 1);
  const node = { namespace, id, server: 0 };
  return {
    ...{ reference: { namespace: 0, id: "i=35" }, isForward: true, node },
    ...{ browseName: id, displayName: id.slice(2), nodeClass: 1, typeDefinition: node },
  };
}

function treeOf() {
  const asked: string[] = [];
  const tree = new AddressTree(async (node) => {
    const id = nodeIdText(node);
    asked.push(id);
    return { references: (SPACE[id] ?? []).map(reference), problem: undefined };
  });
  return { tree, asked };
}

const names = ({ tree }: { readonly tree: AddressTree }) =>
  tree.rows.map(({ place }) => `${" ".repeat(place.depth)}${place.name}`);

test("only what somebody opens is browsed, and what describes the server stands last", async () => {
  const used = treeOf();
  await used.tree.begin();
  expect(used.asked).toEqual(["i=85"]);
  expect(names(used)).toEqual(["Objects", " Works", " 2253", "Types", "Views"]);
  const works = used.tree.rows[1]?.place;
  if (!works) throw new Error("no works");
  used.tree.toggle(works);
  await expect.poll(() => names(used)).toContain("  P101");
  used.tree.toggle(works);
  expect(names(used)).not.toContain("  P101");
  used.tree.toggle(works);
  expect(used.asked).toEqual(["i=85", "ns=2;s=Works"]);
});

test("a node that leads to itself is found once by a search, and the search ends", async () => {
  const used = treeOf();
  await used.tree.begin();
  await used.tree.seek("SPEED");
  const { search } = used.tree;
  expect(search).toMatchObject({ isOver: true, isPart: false });
  expect(search?.matches.map(({ name }) => name)).toEqual(["P101.Speed"]);
  // The server's own objects are nothing of the plant.
  expect(used.asked).not.toContain("i=2253");
  const [found] = search?.matches ?? [];
  if (!found) throw new Error("nothing found");
  used.tree.stopSearch();
  used.tree.reveal(found);
  expect(names(used)).toContain("   P101.Speed");
});

test("a new search takes the place of one that still runs", async () => {
  const used = treeOf();
  await used.tree.begin();
  const first = used.tree.seek("nothing");
  await used.tree.seek("P101");
  await first;
  expect(used.tree.search).toMatchObject({ text: "P101", isOver: true });
});

test("a new channel browses again what is open", async () => {
  const used = treeOf();
  await used.tree.begin();
  const works = used.tree.rows[1]?.place;
  if (!works) throw new Error("no works");
  await used.tree.refresh(works);
  await used.tree.begin();
  expect(used.asked).toEqual(["i=85", "ns=2;s=Works", "i=85", "ns=2;s=Works"]);
  expect(names(used)).toContain("  P101");
});
