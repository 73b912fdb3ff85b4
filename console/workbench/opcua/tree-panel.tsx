/** Where a node is found: the named points, the address space, and a search through it. */
import { CloseButton, SegmentedControl, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { nodeIdText } from "../../../protocols/opcua/client/node-text.ts";
import { Empty } from "../../components/states.tsx";
import { opcuaText } from "../../text/opcua.ts";
import { NODE_CLASS, type Place } from "./address-tree.ts";
import type { Chosen } from "./chosen.ts";
import type { NamedTag, OpcUaDesk } from "./desk.ts";
import { NodeTree, type TreeRow } from "./node-tree.tsx";
import { useChanges } from "./use-changes.ts";

const words = opcuaText.tree;

interface TreePanelProps {
  readonly desk: OpcUaDesk;
  readonly chosen: Chosen | undefined;
  readonly onChoose: (node: Chosen) => void;
}

export function TreePanel({ desk, chosen, onChoose }: TreePanelProps) {
  useChanges(desk.channel);
  const [which, setWhich] = useState<"all" | "named">("all");
  const [typed, setTyped] = useState("");

  function find(event: FormEvent) {
    event.preventDefault();
    setWhich("all");
    void desk.tree.seek(typed);
  }
  function clear() {
    setTyped("");
    desk.tree.stopSearch();
  }
  return (
    <section className="ua-tree" aria-label={words.label}>
      <form className="ua-find" onSubmit={find}>
        <TextInput
          size="xs"
          type="search"
          aria-label={words.find}
          placeholder={words.find}
          title={words.findAdvice}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          rightSection={
            typed === "" ? null : <CloseButton size="xs" aria-label={words.clear} onClick={clear} />
          }
        />
      </form>
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label={words.which}
        value={which}
        onChange={(value) => setWhich(value === "named" ? "named" : "all")}
        data={[
          { value: "all", label: words.all },
          { value: "named", label: words.named },
        ]}
      />
      {!desk.isReady && desk.closedBecause === undefined && (
        <p className="wb-quiet" role="status">
          {opcuaText.channel.opening}
        </p>
      )}
      {desk.isReady && which === "named" && desk.hasHiddenTags && (
        <p className="wb-quiet">{opcuaText.channel.unnamed}</p>
      )}
      {which === "named" ? (
        <Named {...{ desk, chosen, onChoose }} filter={typed} />
      ) : (
        <Space {...{ desk, chosen, onChoose }} />
      )}
    </section>
  );
}

function Named({ desk, chosen, onChoose, filter }: TreePanelProps & { readonly filter: string }) {
  const wanted = filter.trim().toLowerCase();
  const tags = desk.tags.filter(({ tag }) => tag.name.toLowerCase().includes(wanted));
  // Until the asset tells its namespaces; the line above says what is waited for.
  if (desk.hasHiddenTags) return null;
  if (desk.tags.length === 0) return <Empty title={words.noTags}>{words.noTagsAdvice}</Empty>;
  if (tags.length === 0) return <Empty title={words.noneNamed}>{words.noTagsAdvice}</Empty>;
  const rows = tags.map(namedRow);
  return (
    <NodeTree
      label={words.named}
      rows={rows}
      chosen={chosen?.id}
      onChoose={({ key }) => {
        const found = tags.find(({ tag }) => tag.name === key);
        if (found) onChoose(chosenTag(found));
      }}
    />
  );
}

function namedRow({ tag, node }: NamedTag): TreeRow {
  return {
    ...{
      key: tag.name,
      id: nodeIdText(node),
      name: tag.name,
      nodeClass: NODE_CLASS.variable,
      depth: 0,
    },
    ...{ hint: tag.description },
  };
}

function chosenTag({ tag, node }: NamedTag): Chosen {
  const id = nodeIdText(node);
  return { node, id, name: tag.name, nodeClass: NODE_CLASS.variable, above: undefined };
}

function Space({ desk, chosen, onChoose }: TreePanelProps) {
  useChanges(desk.tree);
  const { tree } = desk;
  const choose = (place: Place) => onChoose(chosenPlace(desk, place));
  if (tree.search) return <Matches {...{ desk, chosen, onChoose }} />;
  const rows = tree.rows.map(
    ({ place, isOpen, isLoading, count, problem }): TreeRow => ({
      ...{ key: place.key, id: place.id, name: place.name, depth: place.depth },
      ...{ nodeClass: place.nodeClass, hint: place.id },
      ...(count !== 0 && { isOpen }),
      note: isLoading ? words.loading : (problem ?? (isOpen && count === 0 ? words.empty : "")),
    }),
  );
  const placeOf = (key: string) => tree.rows.find(({ place }) => place.key === key)?.place;
  return (
    <NodeTree
      label={words.all}
      rows={rows}
      chosen={chosen?.id}
      onChoose={({ key }) => {
        const place = placeOf(key);
        if (!place) return;
        choose(place);
        if (place.nodeClass === NODE_CLASS.object) tree.expand(place);
      }}
      onToggle={({ key }) => {
        const place = placeOf(key);
        if (place) tree.toggle(place);
      }}
    />
  );
}

function Matches({ desk, chosen, onChoose }: TreePanelProps) {
  const { tree } = desk;
  const { search } = tree;
  if (!search) return null;
  const { matches, searched, isOver, isPart } = search;
  const count = isPart ? words.foundPart(matches.length) : words.found(matches.length, searched);
  return (
    <>
      <p className="wb-quiet" role="status">
        {isOver ? count : words.finding(searched)}
      </p>
      {isOver && matches.length === 0 ? (
        <Empty title={words.none}>{words.noneAdvice}</Empty>
      ) : (
        <NodeTree
          label={words.find}
          rows={matches.map((place) => ({
            ...{ key: place.key, id: place.id, name: wayTo(place), depth: 0 },
            ...{ nodeClass: place.nodeClass, hint: place.id },
          }))}
          chosen={chosen?.id}
          onChoose={({ key }) => {
            const place = matches.find((each) => each.key === key);
            if (!place) return;
            tree.reveal(place);
            onChoose(chosenPlace(desk, place));
          }}
        />
      )}
    </>
  );
}

/** By its tag where it has one; a variable's own name says little without its object's. */
function chosenPlace(desk: OpcUaDesk, place: Place): Chosen {
  const { node, id, nodeClass, parent } = place;
  const isPart = nodeClass === NODE_CLASS.variable || nodeClass === NODE_CLASS.method;
  const name = desk.tagOf(node)?.name ?? (isPart ? wayTo(place) : place.name);
  return { node, id, nodeClass, name, above: parent?.node };
}

/** With what it stands in: many nodes have the same name. */
function wayTo({ name, parent }: Place): string {
  return parent === undefined || parent.depth === 0 ? name : `${parent.name} / ${name}`;
}
