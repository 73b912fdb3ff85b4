/** Events as they come: of the whole server, or of the object that was chosen. */
import { Button } from "@mantine/core";
import { Empty } from "../../components/states.tsx";
import { opcuaText } from "../../text/opcua.ts";
import { Notice } from "../session-notices.tsx";
import type { OpcUaDesk } from "./desk.ts";
import { Moment } from "./moment.tsx";
import { Scrolling } from "./scrolling.tsx";
import { useChanges } from "./use-changes.ts";
import { plain } from "./value-words.ts";

const words = opcuaText.events;
/** All events of a server come from it (Part 3, 5.5.1). */
const SERVER = { node: { namespace: 0, id: "i=2253" }, id: "i=2253", name: "Server" };

export function EventsPanel({ desk }: { readonly desk: OpcUaDesk }) {
  useChanges(desk.events);
  const { source, problem, all } = desk.events;
  const showAll = (
    <Button
      size="xs"
      variant="default"
      onClick={() => {
        desk.events.choose(SERVER);
        desk.watch.watchEvents();
      }}
    >
      {words.ofServer}
    </Button>
  );
  if (source === undefined) {
    return (
      <Empty title={words.none} action={showAll}>
        {words.noneAdvice}
      </Empty>
    );
  }
  return (
    <>
      <div className="wb-tools">
        <strong>{words.of(plain(source.name))}</strong>
        <span className="wb-grow" />
        {source.id !== SERVER.id && showAll}
      </div>
      {problem !== undefined && (
        <Notice tone="attention" title={words.failed}>
          {problem}
        </Notice>
      )}
      {all.length === 0 && problem === undefined && <p className="wb-quiet">{words.waiting}</p>}
      {all.length > 0 && (
        <Scrolling className="vt-view" label={words.label}>
          <table className="vt-table" aria-label={words.label}>
            <thead>
              <tr>
                <th>{words.time}</th>
                <th>{words.severity}</th>
                <th>{words.source}</th>
                <th>{words.message}</th>
              </tr>
            </thead>
            <tbody>
              {all.map(({ number, time, source: from, message, severity }) => (
                <tr key={number}>
                  <td>
                    <Moment atMs={Date.parse(time)} />
                  </td>
                  <td>{severity ?? "–"}</td>
                  <td>{plain(from)}</td>
                  <td>{plain(message)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
    </>
  );
}
