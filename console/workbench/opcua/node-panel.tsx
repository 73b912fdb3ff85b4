/** One node: what it is, what it holds, and what may be done with it. */
import { ActionIcon, Button, Group } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import { Copyable } from "../../components/copyable.tsx";
import { Empty, Loading } from "../../components/states.tsx";
import { opcuaText } from "../../text/opcua.ts";
import { Notice } from "../session-notices.tsx";
import { NODE_CLASS } from "./address-tree.ts";
import { CallDialog } from "./call-dialog.tsx";
import type { Chosen } from "./chosen.ts";
import type { OpcUaDesk } from "./desk.ts";
import { HistoryView } from "./history-view.tsx";
import { Moment } from "./moment.tsx";
import type { NodeDetails } from "./node-details.ts";
import { NodeIcon } from "./node-icon.tsx";
import { QualityBadge } from "./quality-badge.tsx";
import { SurveyButton } from "./survey-button.tsx";
import { useChanges } from "./use-changes.ts";
import { useDetails } from "./use-details.ts";
import { attributeWords, numberWords, plain, valueWords } from "./value-words.ts";
import type { Writing } from "./write-dialog.tsx";

const words = opcuaText.node;

interface NodePanelProps {
  readonly desk: OpcUaDesk;
  readonly chosen: Chosen | undefined;
  /** Why nothing can be changed now; undefined when it can. */
  readonly blocked: string | undefined;
  readonly onWrite: (writing: Writing) => void;
  readonly onEvents: () => void;
}

export function NodePanel(props: NodePanelProps) {
  const { desk, chosen } = props;
  const { described, again } = useDetails(desk, chosen);
  if (chosen === undefined) return <Empty title={words.none}>{words.noneAdvice}</Empty>;
  return (
    <div className="ua-node">
      <div className="ua-node-head">
        <NodeIcon nodeClass={chosen.nodeClass} />
        <h2>{plain(chosen.name)}</h2>
        <ActionIcon variant="subtle" size="sm" aria-label={words.refresh} onClick={again}>
          <IconRefresh size={15} aria-hidden />
        </ActionIcon>
      </div>
      {described === undefined && <Loading />}
      {described?.kind === "problem" && (
        <Notice tone="attention" title={words.failed}>
          {described.words}
        </Notice>
      )}
      {described?.kind === "node" && (
        <Details
          key={described.details.id}
          {...props}
          chosen={chosen}
          details={described.details}
        />
      )}
    </div>
  );
}

type DetailsProps = NodePanelProps & { readonly chosen: Chosen; readonly details: NodeDetails };

function Details(props: DetailsProps) {
  const { desk, details } = props;
  const [looksBack, setLooksBack] = useState(false);
  const { value, hasHistory } = details;
  return (
    <>
      {details.tag && <p className="wb-quiet">{details.tag.description}</p>}
      {value && <Value desk={desk} details={details} />}
      <Deeds {...props} onHistory={hasHistory ? () => setLooksBack(true) : undefined} />
      {looksBack && <HistoryView desk={desk} details={details} />}
      <Attributes desk={desk} details={details} />
    </>
  );
}

/** As it is watched, where it is; else as it was read. */
function Value({ desk, details }: Pick<DetailsProps, "desk" | "details">) {
  useChanges(desk.watch);
  const value = desk.watch.get(details.id)?.value ?? details.value;
  const { range, unit, type } = details;
  return (
    <dl className="ua-value">
      <div>
        <dt>{words.value}</dt>
        <dd className="ua-value-now" data-testid="node-value">
          {valueWords(value, details)}
        </dd>
      </div>
      <div>
        <dt>{words.quality}</dt>
        <dd>
          <QualityBadge status={value?.status ?? 0} />
        </dd>
      </div>
      <div>
        <dt>{words.time}</dt>
        <dd>
          <Moment atMs={value?.sourceMs} />
        </dd>
      </div>
      <div>
        <dt>{words.type}</dt>
        <dd>{type ?? "–"}</dd>
      </div>
      {range && (
        <div>
          <dt>{words.range}</dt>
          <dd>
            {words.rangeOf(
              numberWords(range.low, "Double"),
              numberWords(range.high, "Double"),
              unit,
            )}
          </dd>
        </div>
      )}
    </dl>
  );
}

interface DeedsProps extends DetailsProps {
  readonly onHistory: (() => void) | undefined;
}

function Deeds(props: DeedsProps) {
  const { desk, chosen, details, blocked, onWrite, onEvents, onHistory } = props;
  const [calling, setCalling] = useState(false);
  const { node, id, name, nodeClass } = details;
  const { above } = chosen;
  return (
    <Group gap="xs">
      {nodeClass === NODE_CLASS.variable && <WatchButton desk={desk} details={details} />}
      {details.mayWrite && (
        <Button
          size="xs"
          disabled={blocked !== undefined}
          title={blocked}
          onClick={() => onWrite({ node, id, name })}
        >
          {words.write}
        </Button>
      )}
      {nodeClass === NODE_CLASS.method && above && (
        <Button
          size="xs"
          disabled={blocked !== undefined}
          title={blocked}
          onClick={() => setCalling(true)}
        >
          {words.call}
        </Button>
      )}
      {onHistory && (
        <Button size="xs" variant="default" onClick={onHistory}>
          {words.history}
        </Button>
      )}
      {details.hasEvents && (
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            desk.events.choose({ node, id, name });
            desk.watch.watchEvents();
            onEvents();
          }}
        >
          {words.events}
        </Button>
      )}
      {(nodeClass === NODE_CLASS.object || nodeClass === NODE_CLASS.variable) && (
        <SurveyButton desk={desk} details={details} />
      )}
      {above && (
        <CallDialog
          {...{ desk, details, blocked }}
          object={above}
          opened={calling}
          onClose={() => setCalling(false)}
        />
      )}
    </Group>
  );
}

function WatchButton({ desk, details }: Pick<DetailsProps, "desk" | "details">) {
  useChanges(desk.watch);
  const [isFull, setFull] = useState(false);
  const { id } = details;
  if (desk.watch.has(id)) {
    return (
      <Button size="xs" variant="default" onClick={() => desk.watch.remove(id)}>
        {words.unwatch}
      </Button>
    );
  }
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setFull(!desk.watch.add(details))}>
        {words.watch}
      </Button>
      {isFull && <span className="wb-dim">{words.full}</span>}
    </>
  );
}

function Attributes({ desk, details }: Pick<DetailsProps, "desk" | "details">) {
  const fullName = desk.fullName(details.node);
  return (
    <table className="ua-attributes" aria-label={words.attributes}>
      <tbody>
        <tr>
          <th scope="row">{words.id}</th>
          <td>
            <Copyable value={details.id} what={words.id} />
          </td>
        </tr>
        {fullName !== undefined && fullName !== details.id && (
          <tr>
            <th scope="row">{words.fullName}</th>
            <td>
              <Copyable value={fullName} what={words.fullName} />
            </td>
          </tr>
        )}
        {details.attributes
          .filter(({ name }) => name !== "NodeId")
          .map((attribute) => (
            <tr key={attribute.name}>
              <th scope="row">{attribute.name}</th>
              <td>{attributeWords(attribute)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
